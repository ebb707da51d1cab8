import type { ArtifactRef } from "../contract/artifact.ts";
import { StepFailure } from "../failure.ts";
import { inspect } from "./inspect.ts";
import { stepOf } from "./key.ts";
import type { Layout } from "./layout.ts";
import { setAside } from "./set-aside.ts";
import { stampHolds, writeStamp } from "./stamp.ts";

/** Checks an artifact as deeply as this host needs and returns its folder; what is broken is set aside. */
export async function openArtifact(layout: Layout, { key, sha256 }: ArtifactRef): Promise<string> {
  const folder = layout.artifact(key);
  const sized = await inspect(folder, key, "sizes");
  if (typeof sized !== "string") {
    if (sized.sha256 !== sha256) {
      throw lost(
        key,
        `it was made again with other bytes (${sized.sha256.slice(0, 8)}… instead of ${sha256.slice(0, 8)}…)`,
      );
    }
    if (await stampHolds(layout.stamp(key), folder, sized)) return folder;
  }
  const whole = typeof sized === "string" ? sized : await inspect(folder, key, "bytes");
  if (typeof whole === "string") {
    await setAside(layout, key, "bytes");
    throw lost(key, whole);
  }
  await writeStamp(layout.stamp(key), folder, whole);
  return folder;
}

function lost(key: string, problem: string): StepFailure {
  return new StepFailure(
    "ArtifactLost",
    `Artifact ${key} of step "${stepOf(key)}" cannot be used: ${problem}; it has to be made again.`,
    {
      details: { key },
    },
  );
}
