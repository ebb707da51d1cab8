import { canonicalJson } from "../artifact/canonical-json.ts";
import { determining, type Reasons } from "../determining.ts";
import type { Role } from "../contract/queues.ts";
import type { EditorSpec, VlmSpec } from "./specs.ts";

/** What of a VLM goes with each request, so that any warm server of the rest may answer. */
export const ASKED_OF_A_VLM = {
  micro_batch: "sent with each request",
  silenceMs: "counted here, for each request",
} as const satisfies Reasons<VlmSpec>;

/** What more goes with each request to vLLM: it serves all policies on its base. */
export const ASKED_OF_VLLM = {
  ...ASKED_OF_A_VLM,
  serving: "sent with each request, and every answer names it",
  adapter: "sent with each request",
} as const satisfies Reasons<VlmSpec>;

/** What of an editor goes with each request. */
export const ASKED_OF_AN_EDITOR = {
  settings: "sent with each request",
  micro_batch: "sent with each request",
  silenceMs: "counted here, for each request",
} as const satisfies Reasons<EditorSpec>;

/** The part of a spec that a warm server is told with every request. */
export type AskedOfVlm = Pick<VlmSpec, keyof typeof ASKED_OF_A_VLM>;
export type AskedOfEditor = Pick<EditorSpec, keyof typeof ASKED_OF_AN_EDITOR>;

/** The name that a warm VLM is found under: everything that it was started with, for its role. */
export function vlmName(role: Role, spec: VlmSpec): string {
  return canonicalJson([role, determining(spec, spec.backend === "vllm" ? ASKED_OF_VLLM : ASKED_OF_A_VLM)]);
}

/** The name that a warm editor is found under. */
export function editorName(spec: EditorSpec): string {
  return canonicalJson(["imagine", determining(spec, ASKED_OF_AN_EDITOR)]);
}
