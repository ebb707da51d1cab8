/** `{name}`: the only syntax a prompt file knows. Other braces are text (JSON examples are common in prompts). */
const PLACEHOLDER = /\{([a-z_]+)\}/g;

/**
 * Fills a prompt file's placeholders in one pass, so that a question which itself says "{question}" stays as it is.
 * Placeholders without a value are left alone; the result is trimmed.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template
    .replace(PLACEHOLDER, (whole, name: string) => (Object.hasOwn(values, name) ? values[name]! : whole))
    .trim();
}
