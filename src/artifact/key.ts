import { StepFailure } from "../failure.ts";
import { canonicalDigest } from "./canonical-json.ts";

export { canonicalDigest } from "./canonical-json.ts";

/** What determines an artifact's content, and so its key. */
export interface ArtifactRecipe {
  /** The step's name: lower-case letters, digits and dashes. */
  readonly step: string;
  /** Raised by hand when the step's output changes meaning. */
  readonly version: number;
  /** The parameters that matter to the content, and no others. */
  readonly params: unknown;
  /** sha256 digests of what the step reads, in an order that means something to it. */
  readonly inputs: readonly string[];
}

const DIGEST = /^[0-9a-f]{64}$/;
const STEP = /^[a-z][a-z0-9-]*$/;
const KEY = /^([a-z][a-z0-9-]*)-[0-9a-f]{40}$/;

/** `<step>-<the first 40 hex digits of the recipe's sha256>`. Throws BadInput for a name or digest of another shape. */
export function artifactKey({ step, version, params, inputs }: ArtifactRecipe): string {
  if (!STEP.test(step)) {
    throw new StepFailure("BadInput", `"${step}" cannot name a step; use lower-case letters, digits and dashes.`);
  }
  const wrong = inputs.find((input) => !DIGEST.test(input));
  if (wrong !== undefined) {
    throw new StepFailure("BadInput", `Input "${wrong}" of step "${step}" is not a sha256 digest of 64 hex digits.`);
  }
  return `${step}-${canonicalDigest({ step, version, params: params ?? null, inputs }).slice(0, 40)}`;
}

/** The step that a key names. Throws BadInput for what is no key, so that none can point outside the store. */
export function stepOf(key: string): string {
  const step = KEY.exec(key)?.[1];
  if (step === undefined)
    throw new StepFailure("BadInput", `"${key}" is not an artifact key (<step>-<40 hex digits>).`);
  return step;
}
