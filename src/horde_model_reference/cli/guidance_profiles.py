"""One profile of prompting guidance, as a part of a page."""

from collections.abc import Iterable, Iterator

from horde_model_reference.cli.markdown_text import code_block, json_code, paragraphs, plain, web_link
from horde_model_reference.domain.text_guidance import (
    AIHordeRequestExample,
    GenerationSettings,
    GuidanceAudienceContent,
    PromptExample,
    RawPromptTemplate,
    TextProfile,
    TextPromptContract,
)
from horde_model_reference.domain.text_parts import GuidanceSource


def profile_link(profile: TextProfile) -> str:
    """Return a link to the part of the page that `profile_lines` makes."""
    return f"[{plain(profile.display_name)}](#profile-{profile.profile_id})"


def profile_lines(profile: TextProfile, models: Iterable[str]) -> Iterator[str]:
    """Yield all that a profile says, and which models have it."""
    yield from ("", f'<a id="profile-{profile.profile_id}"></a>', "", f"### {plain(profile.display_name)}")
    if profile.deprecated:
        yield from ("", "Deprecated: no model should get it any more.")
    yield from paragraphs(profile.summary)
    yield from ("", f"- id: {plain(profile.profile_id)}")
    yield from _facts(profile)
    yield from _audience("For users", profile.user)
    yield from _audience("For developers", profile.developer)
    if isinstance(profile, TextPromptContract):
        for template in profile.templates:
            yield from _template(template)
    for example in profile.examples:
        yield from _example(example)
    yield from _listed("Recommended settings", _settings(profile.recommended_settings))
    for request in profile.ai_horde_examples:
        yield from _request(request)
    yield from _listed("Sources", map(_source, profile.sources))
    yield from _listed("Models", map(plain, models))


def _facts(profile: TextProfile) -> Iterator[str]:
    if profile.aliases:
        yield f"- other names: {', '.join(map(plain, profile.aliases))}"
    if not isinstance(profile, TextPromptContract):
        if profile.capability:
            yield f"- asks for: {plain(profile.capability.replace('_', ' '))}"
        if profile.scenario:
            yield f"- scenario: {plain(profile.scenario)}"
        return
    yield f"- modes: {', '.join(profile.interaction_modes)}"
    if profile.accepted_roles:
        yield f"- roles: {', '.join(profile.accepted_roles)}"
    for role, marker in sorted(profile.role_markers.items()):
        yield f"- marker of {plain(role)}: {json_code(marker)}"
    for sequence in profile.stop_sequences:
        yield f"- stops at: {json_code(sequence)}"


def _audience(title: str, content: GuidanceAudienceContent) -> Iterator[str]:
    lists = {"Use cases": content.use_cases, "Tips": content.tips, "Caveats": content.caveats}
    if not content.overview and not any(lists.values()):
        return
    yield from ("", f"#### {title}", *paragraphs(content.overview))
    for name, items in lists.items():
        if items:
            yield from ("", f"{name}:", "", *(f"- {plain(item)}" for item in items))


def _template(template: RawPromptTemplate) -> Iterator[str]:
    syntax = template.syntax_name or template.syntax.value
    yield from ("", f"#### Template: {plain(template.name)}", "", f"Written in {plain(syntax)}.")
    yield from code_block(template.template, syntax)
    if template.variables:
        yield ""
    for variable in template.variables:
        needed = "" if variable.required else " (may be left out)"
        yield f"- {plain(variable.name)}{needed}: {plain(variable.description)}"


def _example(example: PromptExample) -> Iterator[str]:
    yield from ("", f"#### Example: {plain(example.title)}", *paragraphs(example.description or ""))
    for message in example.messages:
        yield from ("", f"{message.role}:", *code_block(message.content))
    if example.rendered_prompt is not None:
        yield from ("", "As a prompt:", *code_block(example.rendered_prompt))


def _request(request: AIHordeRequestExample) -> Iterator[str]:
    yield from ("", f"#### Request to the AI-Horde: {plain(request.title)}", *code_block(request.prompt))
    if request.parameters:
        yield from ("", "Parameters:", "", *(f"- {each}" for each in _settings(request.parameters)))
    yield from paragraphs(request.notes or "")


def _settings(settings: GenerationSettings) -> Iterator[str]:
    yield from (f"{plain(name)}: {json_code(value)}" for name, value in sorted(settings.items()))


def _source(source: GuidanceSource) -> str:
    note = f": {plain(source.note)}" if source.note else ""
    return web_link(str(source.url), source.title) + note


def _listed(title: str, items: Iterable[str]) -> Iterator[str]:
    if lines := [f"- {item}" for item in items]:
        yield from ("", f"#### {title}", "", *lines)
