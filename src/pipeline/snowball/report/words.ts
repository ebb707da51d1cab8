import { html, type Html } from "../../../report/html/html.ts";

/** What a policy wrote, as people read it: what it thought, and the views that it asked for. */
export function wrote(text: string): Html {
  const thought = /<thinking>([\s\S]*?)<\/thinking>/.exec(text)?.[1]?.trim();
  const asked = [...text.matchAll(/<instruction>([\s\S]*?)<\/instruction>/g)].map((match) => match[1]!.trim());
  // What breaks off, or has no form, is shown as it is.
  if (asked.length === 0 && !text.includes("</instructions>")) return html`<p><code>${text}</code></p>`;
  return html`${thought === undefined || thought === "" ? null : html`<p><em>${thought}</em></p>`}
  ${asked.length === 0 ? html`<p>(asks for no view)</p>` : asked.map((each) => html`<p>“${each}”</p>`)}`;
}
