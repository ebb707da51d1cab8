import { join } from "node:path";
import { expect, test } from "vitest";
import { writeJsonLines } from "../../../src/artifact/files.ts";
import { makeArtifact } from "../../../src/artifact/make.ts";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import type { CommitPoint } from "../../../src/artifact/store.ts";
import { asStepFailure, isDiskFull, StepFailure } from "../../../src/failure.ts";
import { mountSmallDisk } from "../../support/full-disk.ts";
import { made, names, recipeOf } from "../../support/artifacts.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const recipe = recipeOf("merge");
const files = { "model.safetensors": "weights" };

test("a disk that fills up while rows are written: one sentence, and after space was made the rows are written", async () => {
  // Where nothing can be mounted, /dev/full answers every write with ENOSPC.
  const disk = mountSmallDisk();
  const path = disk ? join(disk.root, "rows.jsonl") : "/dev/full";
  const empty = disk?.fill();
  const error: unknown = await writeJsonLines(path, ["x".repeat(10_000)]).catch((thrown: unknown) => thrown);
  expect(isDiskFull(error)).toBe(true); // the fault did fire
  expect(asStepFailure(error, "Infrastructure")).toMatchObject({
    type: "DiskFull",
    message:
      "No space was left on the disk of the artifacts or of their scratch; free some, and the step goes on from what was committed.",
  });
  empty?.();
  expect(await writeJsonLines(disk ? path : "/dev/null", ["x".repeat(10_000)])).toBe(1);
});

test.each<CommitPoint>(["files", "manifest"])(
  "a disk that is full after the part '%s' of a commit loses nothing",
  async (point) => {
    const disk = mountSmallDisk();
    const root = disk?.root ?? temporaryFolder();
    const full = { now: true, fired: 0 };
    let empty: (() => void) | undefined;
    const store = createLocalStore(root, {
      reached(at) {
        if (at !== point || !full.now) return;
        full.fired += 1;
        if (disk && point === "files") empty = disk.fill(); // the manifest has no room: the kernel's own ENOSPC
        else throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      },
    });
    await expect(made(store, recipe, files)).rejects.toMatchObject({ type: "DiskFull" });
    expect(full.fired).toBe(1);
    expect([names(root, "scratch"), names(root, "artifacts", "merge"), names(root, "corrupt")]).toEqual([[], [], []]);

    full.now = false;
    empty?.();
    expect(await made(store, recipe, files)).toEqual(await made(createLocalStore(temporaryFolder()), recipe, files));
  },
);

test("a build's own full disk gives its scratch back", async () => {
  const root = temporaryFolder();
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    path: "/data/x.png",
  });
  const build = () => Promise.reject(new Error("could not write the view", { cause: full }));
  const error: unknown = await makeArtifact(createLocalStore(root), recipe, build).catch((thrown: unknown) => thrown);
  expect(asStepFailure(error, "Infrastructure").message).toMatch(/^No space was left for \/data\/x\.png; free some/);
  expect(names(root, "scratch")).toEqual([]);
});

test("failures keep their type, and anything else takes the one it is given", () => {
  const typed = new StepFailure("Diverged", "it differs");
  expect(asStepFailure(typed, "Infrastructure")).toBe(typed);
  expect(asStepFailure(new Error("odd"), "Infrastructure")).toMatchObject({ type: "Infrastructure", message: "odd" });
  expect(asStepFailure("text", "ChildError")).toMatchObject({ type: "ChildError", message: "text" });
  expect(isDiskFull(Object.assign(new Error("over quota"), { code: "EDQUOT" }))).toBe(true);
  expect(isDiskFull(Object.assign(new Error("gone"), { code: "ENOENT" }))).toBe(false);
});
