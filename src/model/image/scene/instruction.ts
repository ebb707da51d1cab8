import type { CameraName } from "./camera.ts";

/** What an instruction asks of the renderer. `ignored`: nothing that it can draw, so the given view comes back. */
export type Edit =
  | { readonly kind: "camera"; readonly camera: CameraName }
  | { readonly kind: "tone"; readonly gain: number }
  | { readonly kind: "zoom" }
  | { readonly kind: "wall" }
  | { readonly kind: "ignored" };

const WORDS: readonly (readonly [RegExp, Edit])[] = [
  [/\b(?:behind|back|rear)\b/, { kind: "camera", camera: "behind" }],
  [/\bleft\b/, { kind: "camera", camera: "left" }],
  [/\bright\b/, { kind: "camera", camera: "right" }],
  [/\b(?:top|above|overhead)\b/, { kind: "camera", camera: "top" }],
  [/\b(?:low|below|beneath|underneath)\b/, { kind: "camera", camera: "low" }],
  [/\bfront\b/, { kind: "camera", camera: "front" }],
  [/\b(?:darker|dim)\b/, { kind: "tone", gain: 0.6 }],
  [/\b(?:brighter|lighter)\b/, { kind: "tone", gain: 1.35 }],
  [/\b(?:zoom|closer)\b/, { kind: "zoom" }],
  [/\bwall\b/, { kind: "wall" }],
];

/** Reads an instruction by its first telling word; case and everything around it do not matter. */
export function parseInstruction(instruction: string): Edit {
  const text = instruction.toLowerCase();
  let first = text.length;
  let edit: Edit = { kind: "ignored" };
  for (const [word, meaning] of WORDS) {
    const at = text.search(word);
    if (at >= 0 && at < first) {
      first = at;
      edit = meaning;
    }
  }
  return edit;
}
