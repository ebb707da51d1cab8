import type { ArtifactRef } from "../contract/artifact.ts";
import { StepFailure } from "../failure.ts";
import { dropStamp, inspect, stampHolds, writeStamp } from "./inspect.ts";
import { stepOf } from "./key.ts";
import type { Layout } from "./layout.ts";
import { setAside } from "./set-aside.ts";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "./disk.ts";
import type { Verified } from "./store.ts";

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

/** Hashes artifacts one by one. One that is broken loses this host's stamp, so that no reader trusts it either. */
export async function* verifyArtifacts(
  layout: Layout,
  options: { setAside: boolean; keys?: readonly string[] },
): AsyncGenerator<Verified> {
  for (const key of options.keys ?? (await allKeys(layout))) {
    const checked = await inspect(layout.artifact(key), key, "bytes");
    if (typeof checked !== "string") {
      yield { key, bytes: checked.bytes };
      continue;
    }
    await dropStamp(layout.stamp(key));
    if (options.setAside) await setAside(layout, key, "bytes");
    yield { key, bytes: 0, problem: `${key}: ${checked}` };
  }
}

async function allKeys(layout: Layout): Promise<string[]> {
  try {
    const steps = await readdir(layout.artifacts);
    const keys = await Promise.all(steps.map((step) => readdir(join(layout.artifacts, step))));
    return keys.flat().toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
