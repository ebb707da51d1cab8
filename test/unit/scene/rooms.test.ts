import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { SIDE } from "../../../demo/world/generate.ts";
import { roomOf } from "../../../demo/world/rooms.ts";
import { writeRooms } from "../../../demo/world/write-rooms.ts";
import { drawGiven } from "../../../src/model/image/scene/draw.ts";
import { visiblePixels } from "../../../src/model/image/scene/raycast.ts";
import { plansPrompt, readPlans, readTasks, tasksPrompt } from "../../../src/pipeline/harp/scenes.ts";
import { temporaryFolder } from "../../support/temporary.ts";

/** Pixels at which a thing counts as shown. */
const SHOWN = 30;

test("every thing and every table of a room can be seen; one table holds a thing, another one lies about", () => {
  for (let index = 0; index < 40; index += 1) {
    const { scene, tables, floor } = roomOf("rooms-of-a-test", index);
    const picture = drawGiven(scene, SIDE, SIDE);
    for (const at of scene.solids.keys()) expect(visiblePixels(picture, at)).toBeGreaterThanOrEqual(SHOWN);
    const things = [...floor, ...tables.flatMap(({ holds }) => holds ?? [])];
    expect([tables.length, things.length, new Set(things).size]).toEqual([3, 2, 2]);
  }
});

/** Asks the service as a run does, and says both answers. */
const ASKING = `
const [address, url, ...texts] = process.argv.slice(1);
for (const text of texts) {
  const messages = [{ role: "user", content: [{ type: "image_url", image_url: { url } }, { type: "text", text }] }];
  const response = await fetch(address, { method: "POST", body: JSON.stringify({ messages }) });
  console.log(response.ok ? (await response.json()).choices[0].message.content : String(response.status));
}
process.exit(3);
`;

test("the service thinks of tasks, and its plans are right for what is there; it ends as its command does", async () => {
  const folder = temporaryFolder();
  await writeRooms(folder, 2, "rooms-of-a-test");
  const { tables } = roomOf("rooms-of-a-test", 1);
  const tasks = tables.flatMap(({ name: from, holds }) =>
    holds === null
      ? []
      : tables.flatMap(({ name }) => (name === from ? [] : [`Put what is on the ${from} on the ${name}.`])),
  );
  const things = [...tables.map(({ name }) => name), ...tables.flatMap(({ holds }) => holds ?? [])];
  const picture = readFileSync(join(folder, "room-0001_0.png")).toString("base64");
  const port = 20_000 + (process.pid % 10_000);
  const asked = [tasksPrompt(4), plansPrompt({ things, tasks })];
  const told = ["--input-type=module", "--eval", ASKING, "--", `http://127.0.0.1:${port}/v1/chat/completions`];
  const served = ["demo/world/plan-service.ts", "--rooms", folder, "--port", String(port), "--", process.execPath];
  const run = (image: string) =>
    execa(process.execPath, [...served, ...told, `data:image/png;base64,${image}`, ...asked], { reject: false });

  const { stdout, exitCode } = await run(picture);
  const [first = "", second = ""] = stdout.split("\n");
  expect(exitCode).toBe(3);
  expect(readTasks(first, 4).tasks).toEqual(tasks);
  expect(readTasks(first, 4).things).toEqual(expect.arrayContaining(things));
  const { plans } = readPlans(second, { things, tasks }, undefined);
  expect(plans.map(({ reason }) => reason)).toEqual([undefined, undefined]);
  const held = tables.flatMap(({ holds }) => holds ?? []);
  expect(held.filter((holds) => !second.includes(`Pick(${holds})`))).toEqual([]);

  expect((await run(Buffer.from("another").toString("base64"))).stdout).toBe("404\n404");
});
