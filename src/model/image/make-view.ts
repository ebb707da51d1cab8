import { rm } from "node:fs/promises";
import { checkGenerated } from "../../image/check.ts";
import type { ViewRow } from "../../preference/rows.ts";
import { seedFor } from "../../seed.ts";
import type { CallOptions } from "../vlm/backend.ts";
import type { ImageBackend } from "./backend.ts";

export interface WantedView {
  readonly rollout: number;
  readonly index: number;
  readonly instruction: string;
  readonly seed: string;
}

/**
 * Makes one view and looks at its pixels: executors return black or torn images without an error.
 * A bad image is made again under a recorded retry index, which changes its seed; after `maxRetries` it is `failed`,
 * which quarantines its sample. An executor's own refusal is final, and the file is then absent.
 */
export async function makeView(
  backend: ImageBackend,
  view: WantedView,
  where: {
    readonly image: string;
    readonly output: string;
    readonly maxRetries: number;
    readonly maxPixels: number;
    readonly options: CallOptions;
  },
): Promise<Pick<ViewRow, "status" | "reason" | "retries">> {
  let reason = "";
  for (let retries = 0; retries <= where.maxRetries; retries++) {
    const seed = retries === 0 ? view.seed : seedFor(view.seed, "retry", retries);
    const { image, output } = where;
    const [edited] = await backend.edit([{ image, instruction: view.instruction, seed, output }], where.options);
    if (edited?.status === "refused") return { status: "refused", reason: edited.reason ?? "refused", retries };
    const checked = await checkGenerated(output, { maxPixels: where.maxPixels });
    if (checked.ok) return { status: "ok", retries };
    reason = checked.reason;
    await rm(output, { force: true });
  }
  return { status: "failed", reason, retries: where.maxRetries };
}
