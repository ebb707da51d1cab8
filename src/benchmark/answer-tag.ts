/** `<answer>…</answer>`, in any case: the field's prompts ask for it. */
const TAG = /<answer>([\s\S]*?)<\/answer>/gi;

/** What the last `<answer>` of a text holds; null where it has none. */
export function inTag(text: string): string | null {
  return [...text.matchAll(TAG)].at(-1)?.[1] ?? null;
}
