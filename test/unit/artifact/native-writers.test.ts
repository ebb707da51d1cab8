import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { failedFor } from "../../../src/artifact/full-disk.ts";
import { makeArtifact } from "../../../src/artifact/make.ts";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import type { FailureType } from "../../../src/contract/failures.ts";
import { asStepFailure, StepFailure } from "../../../src/failure.ts";
import type { ImageBackend } from "../../../src/model/image/backend.ts";
import { makeViews } from "../../../src/model/image/make-views.ts";
import { createSimulatedExecutor } from "../../../src/model/image/simulated.ts";
import { recipeOf } from "../../support/artifacts.ts";
import { picture } from "../../support/data.ts";
import { mountSmallDisk } from "../../support/full-disk.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const options = { signal: new AbortController().signal, onProgress: () => {} };

/** What native writers said on a full tmpfs; none of these errors has a code. */
const SAID = {
  "libvips, a small image": "/disk/a.png: write error\nsystem error: No space left on device",
  "libvips, a large one":
    "/disk/a.png: write error\nsystem error: No space left on device\nwbuffer_write: write failed\nvips2png: unable to write to target /disk/a.png",
  safetensors: "SafetensorError: Error while serializing: I/O error: No space left on device (os error 28)",
  "safetensors, in another language": "SafetensorError: Error while serializing: I/O error: (os error 28)",
  "torch's zip": "RuntimeError: [enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534",
  "torch's pickle": "RuntimeError: write(): fd 3 failed with No space left on device",
  "a quota": "RuntimeError: write(): fd 3 failed with Disk quota exceeded",
};

test.each(Object.entries(SAID))("%s on a full disk is a full disk, whoever passes it on", (_, message) => {
  expect(asStepFailure(new Error(message), "Infrastructure").type).toBe("DiskFull");
  for (const type of ["Infrastructure", "ChildError", "ChildCrashed"] as const) {
    expect(asStepFailure(new StepFailure(type, message), "Infrastructure").type).toBe("DiskFull");
    const wrapped = new StepFailure(type, "It could not be written.", { cause: new Error(message) });
    expect(asStepFailure(wrapped, "Infrastructure").type).toBe("DiskFull");
  }
  expect(asStepFailure(new StepFailure("BadInput", message), "Infrastructure").type).toBe("BadInput");
});

const NOTHING_SAID = "encoder error -2 when writing image file";
const statOf =
  (free: number, files = 1000) =>
  () =>
    Promise.resolve({ bsize: 4096, bfree: free / 4096, bavail: free / 4096, files: 1000, ffree: files });

test("where the message does not say it, the disk is asked", async () => {
  const folder = temporaryFolder();
  const error = new Error(NOTHING_SAID);
  expect(await failedFor(error, folder, statOf(1 << 30))).toBe(error);
  expect(await failedFor(error, folder, statOf(4096))).toMatchObject({
    type: "DiskFull",
    message: `No space was left for ${folder}; free some, and the step goes on from what was committed.`,
    cause: error,
  });
  expect(await failedFor(error, folder, statOf(1 << 30, 0))).toMatchObject({ type: "DiskFull" }); // no inode is left
});

test.each<[FailureType, FailureType]>([
  ["ChildError", "DiskFull"],
  ["ChildCrashed", "DiskFull"],
  ["Infrastructure", "DiskFull"],
  ["OutOfMemory", "OutOfMemory"],
  ["BadInput", "BadInput"],
  ["ThresholdExceeded", "ThresholdExceeded"],
])("%s on a full disk is %s", async (type, then) => {
  const failure = new StepFailure(type, NOTHING_SAID);
  expect(await failedFor(failure, temporaryFolder(), statOf(0))).toMatchObject({ type: then });
});

const inFolder = (folder: string) => ({ instruction: "left", seed: "s", output: join(folder, "a.png") });
const executor = createSimulatedExecutor({ width: 200, height: 200 }, undefined);

test("a view that a full disk cuts off is a full disk and no bad view; after space was made it is made", async ({
  skip,
}) => {
  const disk = mountSmallDisk() ?? skip("no file system can be mounted here");
  const image = join(temporaryFolder(), "given.png");
  await picture(1).png().toFile(image);
  const store = createLocalStore(disk.root);
  const made = (build: (folder: string) => Promise<unknown>) =>
    makeArtifact(store, recipeOf("imagine"), async (folder) => {
      await build(folder);
      return { rows: 1 };
    });
  const views = (backend: ImageBackend, folder: string) =>
    makeViews(backend, [image], [inFolder(folder)], { ...options, maxRetries: 0 });
  // An executor that says nothing of the half that it could not write.
  const silent: ImageBackend = {
    edit: async ([item]) => {
      writeFileSync(item!.output, "half");
      disk.fill();
      return [{ status: "ok" }];
    },
  };

  for (const build of [
    (folder: string) => {
      disk.fill();
      return sharp(image).resize(200, 200).png().toFile(join(folder, "a.png"));
    },
    (folder: string) => {
      disk.fill();
      return views(executor, folder);
    },
    (folder: string) => views(silent, folder),
  ]) {
    await expect(made(build)).rejects.toMatchObject({ type: "DiskFull" });
    rmSync(join(disk.root, "ballast"));
  }
  expect(await made((folder) => views(executor, folder))).toMatchObject({ made: true });
});
