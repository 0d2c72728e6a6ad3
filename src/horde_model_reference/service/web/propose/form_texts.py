"""What stands beside the fields of a form: a label, and one or two sentences of help (spec 01)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class FieldText:
    """What people read about one field."""

    label: str
    help: str
    key_label: str = ""
    """For fields of named entries: what the name is called."""
    key_help: str = ""
    item: str = ""
    """For lists: what one entry is called."""


def field_text(owner: type[BaseModel], name: str) -> FieldText:
    """Return the text of a field; fields of types that programs registered have a label and no help."""
    for kind in owner.__mro__:
        if found := FIELD_TEXTS.get(kind.__name__, {}).get(name):
            return found
    return FieldText(name.rpartition(".")[2].replace("_", " ").capitalize(), "")


_BASELINE: Final = "Baseline"
_RECORDS: Final[Mapping[str, FieldText]] = {
    "record_type": FieldText("Record type", "The category, written into the record."),
    "name": FieldText(
        "Name", "What workers and users call the model. It can't be changed later, so check it twice."
    ),
    "description": FieldText(
        "Description", "One or two sentences for people who choose a model: what is it good at?"
    ),
    "version": FieldText(
        "Version", "The model's own version, as its authors write it, for example 1.5 or v2."
    ),
    "finetune_series": FieldText(
        "Fine-tune series",
        "If the model belongs to a known series such as Pony or Illustrious, say to which.",
    ),
    "metadata": FieldText("Record keeping", "Kept by the registry: who made the record, and when."),
    "config": FieldText("Files", "The files that make up the model."),
    "model_classification": FieldText(
        "Classification", "Follows from the category; leave it alone unless the model is an exception."
    ),
    "size_on_disk_bytes": FieldText(
        "Size of all files, in bytes", "Only needed where the sizes of the single files are not known."
    ),
    "licensing": FieldText("Licence", "What people may do with the model, and how you know."),
    "inpainting": FieldText("Made for inpainting?", "Yes if the model fills in masked parts of a picture."),
    "baseline": FieldText(
        _BASELINE, "The architecture that the model was trained from. It decides which workers can load it."
    ),
    "optimization": FieldText("Optimisation", "How the weights were optimised, if they were."),
    "tags": FieldText("Tags", "Words that people search for, one a line."),
    "showcases": FieldText(
        "Showcases", "Addresses of pictures made with the model, one a line, starting with https://."
    ),
    "min_bridge_version": FieldText(
        "Oldest bridge version", "The lowest version number of the worker's bridge that can run the model."
    ),
    "trigger": FieldText(
        "Trigger words", "Words that must stand in a prompt to bring out the model's style, one a line."
    ),
    "homepage": FieldText("Home page", "Where to read more about the model, starting with https://."),
    "nsfw": FieldText(
        "Not safe for work?", "Yes if the model is made for adult content, or tends to produce it."
    ),
    "style": FieldText("Style", "What the model is mostly used for."),
    "requirements": FieldText(
        "Requirements",
        "Generation settings that the model insists on.",
        "Setting",
        "Such as clip_skip, samplers, schedulers, min_steps, max_steps, cfg_scale.",
    ),
    "requirements.*": FieldText(
        "Value", 'A number, true, false, or a word; a list in square brackets, such as ["karras", "normal"].'
    ),
    "parameters": FieldText(
        "Parameters", "Number of weights in full: 8000000000 for a model of 8 billion (8B)."
    ),
    "display_name": FieldText(
        "Display name", "A nicer name for people. Without one it is made from the name."
    ),
    "url": FieldText("Address", "Where the model comes from, mostly its page on Hugging Face."),
    "instruct_format": FieldText(
        "Instruct format", "The prompt format that the model was tuned on, such as ChatML or Alpaca."
    ),
    "settings": FieldText(
        "Generation settings",
        "Values that suit the model and differ from the usual ones.",
        "Setting",
        "Such as temperature, top_p, rep_pen or max_context_length.",
    ),
    "settings.*": FieldText(
        "Value", "A number, true, false, or a word; a list in square brackets, such as [6, 0, 1]."
    ),
    "text_model_group": FieldText(
        "Group",
        "Models that differ only in size or variant share a group. Left empty, it is worked out from "
        "the name.",
    ),
    "name_schema_exception": FieldText(
        "Why the name is an exception", "If the name doesn't follow the pattern of its group, say why."
    ),
    "context_window": FieldText("Context window", "How much text the model can take in at once."),
    "interaction_modes": FieldText(
        "Ways to talk to it", "Whether the model continues text, follows instructions, or chats."
    ),
    "interaction_modes.completion": FieldText("Completion", "It continues a text where that ends."),
    "interaction_modes.instruction": FieldText("Instruction", "It does what a single instruction says."),
    "interaction_modes.chat": FieldText("Chat", "It holds a conversation of several turns."),
    "capabilities": FieldText("Capabilities", "What the model can do beyond writing text."),
    "capabilities.tool_calling": FieldText("Tool calling", "It can ask for functions to be called."),
    "capabilities.structured_output": FieldText("Structured output", "It can keep to a schema such as JSON."),
    "controlnet_style": FieldText(
        "Control type", "Which kind of picture steers the generation, such as control_canny."
    ),
    "control_types": FieldText(
        "Control types", "Control types that the annotator prepares pictures for, one a line."
    ),
    "preprocessors": FieldText(
        "Preprocessors", "Names of the preprocessors that use these files, one a line."
    ),
    "pretrained_name": FieldText(
        "Name of the pretrained weights", "How the CLIP library calls them, such as openai."
    ),
}

_CONCLUSION: Final[Mapping[str, FieldText]] = {
    "license_expression": FieldText(
        "Licence expression",
        "An SPDX expression such as Apache-2.0 or MIT OR CC-BY-4.0. NOASSERTION says that nobody has looked.",
    ),
    "license_ids": FieldText(
        "Licences named", "The identifiers in the expression, one a line. Left empty, they are taken from it."
    ),
    "commercial_use": FieldText(
        "Commercial use", "May one earn money with it? Left open, it is as the catalogue says of the licence."
    ),
    "redistribution": FieldText(
        "Redistribution", "May one pass the files on? Left open, it is as the catalogue says of the licence."
    ),
    "obligations": FieldText("Obligations", "What the licence asks in return."),
    "attribution": FieldText("Attribution", "The words with which the authors want to be named."),
    "evidence": FieldText("Evidence", "Where the licence is stated.", item="Evidence"),
    "reviewed_by": FieldText("Reviewed by", "Who looked at the licence."),
    "reviewed_at": FieldText("Reviewed on", "The day of that."),
    "notes": FieldText("Notes", "Anything else that matters about the licence."),
    "files": FieldText(
        "Files under another licence",
        "Only where a single file has other terms than the model.",
        "File name",
        "One of the file names above, letter for letter.",
        "File",
    ),
}

FIELD_TEXTS: Final[Mapping[str, Mapping[str, FieldText]]] = MappingProxyType(
    {
        "GenericModelRecord": _RECORDS,
        "TextGenerationModelRecord": {
            "baseline": FieldText(
                _BASELINE, "The model that it was made from, such as mistralai/Mistral-Nemo-Base-2407."
            ),
        },
        "GenericModelRecordMetadata": {
            "schema_version": FieldText("Schema version", "The version of the record format."),
            "created_at": FieldText("Created at", "In Unix seconds."),
            "updated_at": FieldText("Updated at", "In Unix seconds."),
            "created_by": FieldText("Created by", "The number of a user."),
            "updated_by": FieldText("Updated by", "The number of a user."),
        },
        "GenericModelRecordConfig": {
            "download": FieldText("Files", "One entry for each file, the main one first.", item="File"),
            "embedded_component_hashes": FieldText(
                "Parts inside the checkpoint",
                "Content hashes of the parts of a one-file checkpoint, so that workers need not load "
                "them twice.",
                "Part",
                "Such as vae or text_encoders.",
            ),
            "embedded_component_hashes.*": FieldText(
                "Content hash", "64 hexadecimal digits over the tensors of that part."
            ),
        },
        "DownloadRecord": {
            "file_name": FieldText("File name", "What the file is called on the disk of a worker."),
            "file_url": FieldText(
                "Address", "Where the file is downloaded from; it must lead to the file itself."
            ),
            "sha256sum": FieldText(
                "SHA-256",
                "64 hexadecimal digits, as sha256sum prints them. Leave it empty if nobody took the sum.",
            ),
            "content_hash": FieldText(
                "Content hash", "SHA-256 over the tensors alone, whatever the container."
            ),
            "file_purpose": FieldText(
                "Purpose", "What the file is for, such as vae. Empty for the main file."
            ),
            "known_slow_download": FieldText("Slow download?", "Yes if the host is known to be slow."),
            "size_bytes": FieldText("Size in bytes", "The exact size of the file."),
        },
        "ModelClassification": {
            "domain": FieldText("Domain", "What the model works on."),
            "purpose": FieldText("Purpose", "What it is for."),
        },
        "FineTuneSeriesInfo": {
            "name": FieldText("Series", "What the series is called."),
            "version": FieldText("Version of the series", "As its authors write it."),
            "author": FieldText("Author of the series", "Who makes it."),
            "description": FieldText("About the series", "What its models have in common."),
            "homepage": FieldText("Home page of the series", "Where to read more, starting with https://."),
        },
        "LicenseAssignment": _CONCLUSION,
        "LicenseEvidence": {
            "source": FieldText("Source", "An address, or the name of a document."),
            "description": FieldText("What it says", "The words that settle the matter."),
            "checked_at": FieldText("Checked on", "The day when you looked."),
        },
        "TextContextWindow": {
            "maximum_tokens": FieldText(
                "Maximum tokens", "The most tokens of prompt and answer together, such as 8192."
            ),
            "sources": FieldText("Sources", "Pages that say so.", item="Source"),
            "qualification": FieldText("Under which conditions", "For instance: only with rope scaling."),
        },
        "SupportClaim": {
            "status": FieldText("Support", "Leave it open if nobody tried."),
            "sources": FieldText("Sources", "Pages that say so.", item="Source"),
            "qualification": FieldText(
                "Under which conditions", "For instance: only with the authors' template."
            ),
        },
        "GuidanceSource": {
            "url": FieldText("Address", "Starting with https://."),
            "title": FieldText("Title", "What the page is called."),
            "note": FieldText("Note", "What to look for there."),
        },
    }
)
"""By type and field; ``field.*`` is the value of a named entry, ``field.case`` one of its fixed cases."""
