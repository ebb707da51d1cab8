import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importData, type Imported } from "../../../activities/snowball/data.ts";
import type { ActivityDeps } from "../../../activities/deps.ts";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import { unreadable } from "../../../src/dataset/adapters/unreadable.ts";
import { StepFailure } from "../../../src/failure.ts";
import type { Recipe } from "../../../src/pipeline/snowball/recipe/index.ts";
import { names } from "../../support/artifacts.ts";
import { aRow, dataRoot, picture } from "../../support/data.ts";
import { shipped } from "../../support/recipe.ts";

function imported(root: string, recipe: Recipe): Promise<Imported> {
  // The import asks for no other parts of a worker.
  const deps = { root, store: createLocalStore(join(root, "store")) } as ActivityDeps;
  return importData(deps, { signal: new AbortController().signal, report: () => undefined }, recipe);
}

/** The sentence about a recipe whose data.path is this. */
async function refusalOf(path: string): Promise<string> {
  const { root, recipe, put } = await dataRoot([aRow("a")], { path });
  put("q.parquet", "id,question");
  return refusal(root, recipe);
}

/** The sentence of the refusal, after which the store must be as empty as before. */
async function refusal(root: string, recipe: Recipe): Promise<string> {
  const failure: unknown = await imported(root, recipe).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StepFailure);
  expect((failure as StepFailure).type).toBe("BadInput");
  expect(names(root, "store", "artifacts")).toEqual([]);
  return (failure as StepFailure).message;
}

describe("a file that cannot be used is refused, and nothing is stored", () => {
  const good = `${JSON.stringify(aRow("a"))}\n`;

  test.each<[string, string | Buffer, RegExp]>([
    ["nothing", "", /^data\/q\.json has no questions\.$/],
    ["white space", " \n\n", /^data\/q\.json has no questions\.$/],
    ["an empty array", "[]", /^data\/q\.json has no questions\.$/],
    ["a torn last line", `${good}{"id": "b", "ima`, /^data\/q\.json, row 2: it is not JSON \(.*\)\.$/],
    ["a torn array", `[${good},{"id": "b", "ima`, /^data\/q\.json, row 2: it is cut off: the file ends inside it\.$/],
    ["an array without its end", `[${good}`, /^data\/q\.json is cut off after row 1: the closing \] is missing\.$/],
    ["no comma", `[${good}${good}]`, /has "\{" after row 1, where a comma or \] is needed/],
    ["two arrays", "[][]", /has "\[" after row 0, where the file should end/],
    ["a comma at the end", `[${good},]`, /row 2: it is not an object/],
    ["an array of texts", '["a"]', /row 1: it is not an object/],
    ["a line that is no object", "7\n", /row 1: it is not an object/],
    ["brackets that do not match", '[{"id": [}]', /row 1: it is/],
    [
      "one object over lines",
      JSON.stringify(aRow("a"), null, 2),
      /row 1: it is not JSON \(.*\); JSON Lines \(a row on each line\) or a JSON array of rows is needed/,
    ],
    [
      "an object around the rows",
      JSON.stringify({ version: 1, data: [aRow("a")] }, null, 2),
      /^data\/q\.json is one object with its rows under "data"; the rows alone are needed, as an array or a line each\.$/,
    ],
    ["the same in a line", JSON.stringify({ data: [aRow("a")] }), /one object with its rows under "data"/],
    ["zero bytes", `${good}\0\0\0`, /^data\/q\.json, row 2: it has zero bytes/],
    ["zero bytes in an array", `[${good}\0\0\0`, /^data\/q\.json has zero bytes after row 1/],
    [
      "no text",
      Buffer.from([0x5b, 0xfe, 0xfd, 0x5d]),
      /^data\/q\.json is not UTF-8 text: line 1 .*byte 0xfe, number 2/,
    ],
    ["a packed file", Buffer.from([0x1f, 0x8b, 8, 0, 0]), /^data\/q\.json is packed \(gzip\); unpack it/],
    ["half a parquet file", Buffer.from("PAR1\x15\x04"), /^data\/q\.json is cut off or damaged \(.*\); fetch it again/],
  ])("%s", async (_name, content, message) => {
    const { root, recipe, put } = await dataRoot([aRow("a")], { path: "data/q.json" });
    put("q.json", content);
    expect(await refusal(root, recipe)).toMatch(message);
  });

  test("missing, a folder, a text file that is called parquet", async () => {
    expect(await refusalOf("data/none.json")).toBe(
      "data/none.json does not exist; a file's path from the worker's root (--root) is needed.",
    );
    expect(await refusalOf("data/images")).toBe("data/images is a folder; a file is needed.");
    expect(await refusalOf("data/q.parquet")).toBe("data/q.parquet is no parquet file; fetch it again.");
  });

  test("not readable by the worker's user", () => {
    // The tests may run as a user who may read everything.
    const refused = unreadable("data/q.json", Object.assign(new Error("no"), { code: "EACCES" }));
    expect(refused).toMatchObject({
      type: "BadInput",
      message: expect.stringMatching(/^data\/q\.json may not be read; give/),
    });
  });

  test("200 MB in one row", async () => {
    const { root, recipe } = await dataRoot([aRow("a"), aRow("b", { picture: "x".repeat(2_000_000) })]);
    expect(await refusal(root, recipe)).toBe(
      "data/questions.jsonl, row 2: it is longer than 1000000 characters; images that lie in rows are written as files by `bin/snowball data unpack FILE --to FOLDER`.",
    );
  });
});

describe("a row that cannot be used is named, with how many more there are", () => {
  test.each<[string, object, string]>([
    ["no id", { id: undefined }, "row 2: id is missing; a text or a whole number is needed."],
    [
      "no images",
      { images: [] },
      'row 2 (id "b"): images is missing or empty; a file name or a list of them is needed.',
    ],
    ["no question", { question: " " }, 'row 2 (id "b"): question is missing or empty.'],
    ["the same id", { id: "a" }, 'row 2 (id "a"): row 1 has the same id; ids name folders and must differ.'],
    ["a slash", { id: "b/c" }, 'row 2 (id "b/c"): id names a folder: no slash, no control character'],
    ["two dots", { id: "b..c" }, 'row 2 (id "b..c"): id names a folder'],
    ["absolute", { images: ["/etc/hostname"] }, 'row 2 (id "b"): images[0] "/etc/hostname" leaves image_root;'],
    ["upwards", { images: ["x/../../y.png"] }, 'row 2 (id "b"): images[0] "x/../../y.png" leaves image_root;'],
  ])("%s", async (_name, change, message) => {
    const { root, recipe } = await dataRoot([aRow("a"), aRow("b", change)]);
    expect(await refusal(root, recipe)).toContain(`data/questions.jsonl, ${message}`);
  });

  test("the first is shown", async () => {
    const { root, recipe } = await dataRoot([
      aRow("a"),
      aRow("b", { images: 7 }),
      aRow("a"),
      aRow("d", { answer: [] }),
    ]);
    expect(await refusal(root, recipe)).toBe(
      'data/questions.jsonl, row 2 (id "b"): images is missing or empty; a file name or a list of them is needed.\n' +
        "2 more rows have problems; `bin/snowball data check` on the recipe lists all of them.",
    );
  });

  test("a hundred are enough to stop at", async () => {
    const { root, recipe } = await dataRoot(Array.from({ length: 150 }, (_, i) => ({ id: `q${i}` })));
    expect(await refusal(root, recipe)).toMatch(/\nAt least 99 more rows have problems;/);
  });

  test("some answers, and not others", async () => {
    const { root, recipe } = await dataRoot([aRow("a"), aRow("b", { answer: null })]);
    recipe.scoring.method = "confidence";
    expect(await refusal(root, recipe)).toContain(
      'Question "b" has no answer while others have one (1 of 2 have none)',
    );
  });
});

describe("an image that cannot be used is named by its row", () => {
  const two = { images: ["a.png", "b.png"] };

  test.each<[string, (path: string) => void | Promise<unknown>, RegExp]>([
    ["missing", (path) => rmSync(path), /does not exist\.$/],
    ["empty", (path) => truncateSync(path), /is empty \(0 bytes\)\.$/],
    [
      "truncated",
      (path) => truncateSync(path, readFileSync(path).length - 20),
      /is truncated \(PNG ends after [\d,]+ of at least [\d,]+ bytes\)\.$/,
    ],
    [
      "a drawing",
      (path) => writeFileSync(path, '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      /is SVG, which no model reads; PNG or JPEG is needed\.$/,
    ],
    [
      "not an image",
      (path) => writeFileSync(path, "not an image"),
      /is no PNG, JPEG, WebP, GIF, TIFF or AVIF \(12 bytes\)\.$/,
    ],
    [
      "too large",
      (path) => picture(1).resize(1001, 1000, { kernel: "nearest", fit: "fill" }).toFile(path),
      /has 1001 × 1000 pixels, more than the limit of 1,000,000\.$/,
    ],
    ["a folder", (path) => (rmSync(path), mkdirSync(path)), /is a folder\.$/],
    [
      "a link out",
      (path) => (rmSync(path), symlinkSync("/etc/hostname", path)),
      /is outside data\.image_root; put the file itself into it\.$/,
    ],
    ["a link to itself", (path) => (rmSync(path), symlinkSync(path, path)), /is a link that leads to itself\.$/],
    ["a huge file", (path) => truncateSync(path, 200_000_000), /has 200 MB, more than the limit of 128 MB\.$/],
  ])("%s", async (_name, spoil, message) => {
    const { root, recipe } = await dataRoot([aRow("a"), aRow("b", two)], { max_image_pixels: 1_000_000 });
    await spoil(join(root, "data/images/b.png"));
    const said = await refusal(root, recipe);
    expect(said).toContain('data/questions.jsonl, row 2 (id "b"): images[1] "b.png" ');
    expect(said).toMatch(message);
  });

  test("the first row is shown, however the images are read, and the others are counted", async () => {
    const rows = Array.from({ length: 12 }, (_, i) => aRow(`q${i}`, i > 8 ? { images: ["q3.png"] } : {}));
    const { root, recipe } = await dataRoot(rows);
    for (const name of ["q3", "q7"]) rmSync(join(root, `data/images/${name}.png`));
    expect(await refusal(root, recipe)).toBe(
      'data/questions.jsonl, row 4 (id "q3"): image "q3.png" does not exist.\n' +
        "4 more rows have problems; `bin/snowball data check` on the recipe lists all of them.",
    );
  });

  test("200 MB in the images of one question", async () => {
    const { root, recipe, put } = await dataRoot([aRow("a"), aRow("b", { images: ["0.tif", "1.tif", "2.tif"] })]);
    // What stands behind the pixels of a TIFF is no part of it.
    const image = await picture(5).tiff().toBuffer();
    for (const number of [0, 1, 2]) truncateSync(put(`images/${number}.tif`, image), 50_000_000);
    expect(await refusal(root, recipe)).toBe(
      'data/questions.jsonl, row 2 (id "b"): its images have 150 MB together, more than the limit of 128 MB; make them smaller.',
    );
  });

  test("no folder of images", async () => {
    const { root, recipe } = await dataRoot([aRow("a")], { image_root: "elsewhere" });
    expect(await refusal(root, recipe)).toMatch(/^data\.image_root ".*elsewhere" does not exist; name the folder/);
  });
});

/** What is imported of an image of this name, once the folder of the images is laid out. */
async function found(name: string, lay: (images: string, picture: Buffer) => void): Promise<string[]> {
  const { root, recipe } = await dataRoot([aRow("a", { images: [name] })]);
  const images = join(root, "data/images");
  lay(images, readFileSync(join(images, "a.png")));
  const { dataset } = await imported(root, recipe);
  const stored = join(root, "store/artifacts/dataset", dataset.key, "questions.jsonl");
  return (JSON.parse(readFileSync(stored, "utf8")) as { images: string[] }).images;
}

const hub = (images: string): string => join(images, "../hub/datasets--mine");

const lay = (target: string) => (images: string, picture: Buffer) => {
  for (const part of ["blobs", "snapshots/1a2b/images", "other"])
    mkdirSync(join(hub(images), part), { recursive: true });
  writeFileSync(join(hub(images), target), picture);
  symlinkSync(`../../../${target}`, join(hub(images), "snapshots/1a2b/images/b.png"));
  rmSync(images, { recursive: true });
  symlinkSync(join(hub(images), "snapshots/1a2b"), images);
};

describe("an image is found as people have it", () => {
  test.each(["NFC", "NFD"] as const)("named in %s where the disk has the other spelling", async (form) => {
    const other = form === "NFC" ? "NFD" : "NFC";
    const [folder, file] = ["K\u00FCche", "Stra\u00DFe \u00E4.png"];
    const names = await found(`${folder}/${file}`.normalize(form), (images, picture) => {
      mkdirSync(join(images, folder.normalize(form)));
      writeFileSync(join(images, folder.normalize(form), file.normalize(other)), picture);
    });
    // What is stored is what every later step opens.
    expect(names).toEqual([`${folder.normalize(form)}/${file.normalize(other)}`]);
  });

  test("in a folder that is a link", async () => {
    const names = await found("linked/b.png", (images, picture) => {
      mkdirSync(join(images, "../elsewhere"));
      writeFileSync(join(images, "../elsewhere/b.png"), picture);
      symlinkSync(join(images, "../elsewhere"), join(images, "linked"));
    });
    expect(names).toEqual(["linked/b.png"]);
  });

  test("in a snapshot of a download cache, whose files are links to blobs", async () => {
    expect(await found("images/b.png", lay("blobs/0c1d"))).toEqual(["images/b.png"]);
    await expect(found("images/b.png", lay("other/0c1d"))).rejects.toThrow("is outside data.image_root");
  });
});

test("fewer questions than iterations, and a picture on both sides", async () => {
  const few = await dataRoot([aRow("a"), aRow("b")], { held_out: { val: 0, test: 2 } });
  expect(await refusal(few.root, few.recipe)).toMatch(/2 questions: after 2 of 2 .*, 0 are left for 1 iterations/);

  const { root, recipe } = await dataRoot([aRow("a"), aRow("b")], { held_out: { val: 0, test: 1 } });
  await picture(0).webp({ lossless: true }).toFile(join(root, "data/images/b.png"));
  expect(await refusal(root, recipe)).toMatch(
    /^Held-out question "[ab]" and training question "[ab]" show the same picture/,
  );
});

test("what is imported has the digests of its images, once for a picture that several files hold", async () => {
  const { root, recipe } = await dataRoot([aRow("a"), aRow("b", { images: ["a.png", "copy.png"] })]);
  linkSync(join(root, "data/images/a.png"), join(root, "data/images/copy.png"));
  const { dataset, hasAnswers, shards } = await imported(root, recipe);
  expect(hasAnswers).toBe(true);
  expect(shards.shards.flat().toSorted()).toEqual(["a", "b"]);
  const stored = join(root, "store/artifacts/dataset", dataset.key, "questions.jsonl");
  const rows = readFileSync(stored, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const [digest] = rows[0]!["image_digests"] as string[];
  expect(rows[0]).toEqual({ ...aRow("a"), scene: "a.png", image_digests: [expect.stringMatching(/^[0-9a-f]{64}$/)] });
  expect(rows[1]!["image_digests"]).toEqual([digest, digest]);
});

test("the shipped sample is the artifact that it always was", async () => {
  const root = join(import.meta.dirname, "../../..");
  const { root: scratch } = await dataRoot([aRow("a")]);
  const deps = { root, store: createLocalStore(join(scratch, "store")) } as ActivityDeps;
  const context = { signal: new AbortController().signal, report: () => undefined };
  const { dataset } = await importData(deps, context, shipped("snowball.simulated.yaml"));
  // Kept from the version that knew no format but MMSI-Bench: runs in stores go on from it.
  expect(dataset.key).toBe("dataset-facfcc8e8bbff224af0f3e5a890c9e486e9248be");
  expect(dataset.sha256).toBe("8c82a347669f3daf86bb453253ebc58823a5eefae0ab4b872f2ae42fd76890c5");
});
