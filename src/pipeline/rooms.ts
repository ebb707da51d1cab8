import { StepFailure } from "../failure.ts";
import type { CommonRecipe } from "../recipe/common.ts";
import type { PipelineName } from "./index.ts";
import type { Room } from "./pipeline.ts";

/**
 * What of each pipeline reads files, loaded when it is asked for: half of the commands look at none, and programs that
 * only start and follow runs need none of it. A new pipeline adds one line.
 */
const ROOMS: Readonly<Record<PipelineName, () => Promise<Room>>> = {
  snowball: async () => (await import("./snowball/room.ts")).room,
  "single-round": async () => (await import("./snowball/room.ts")).room,
  spatial: async () => (await import("./spatial/room.ts")).room,
  "unified-reward": async () => (await import("./unified-reward/room.ts")).room,
  harp: async () => (await import("./harp/room.ts")).room,
  "pointer-selector": async () => (await import("./pointer-selector/room.ts")).room,
  evaluate: async () => (await import("./evaluate/room.ts")).room,
};

/** @throws {StepFailure} BadInput for a recipe of a pipeline that this version does not know */
export function roomOf({ pipeline }: Pick<CommonRecipe, "pipeline">): Promise<Room> {
  if (Object.hasOwn(ROOMS, pipeline)) return ROOMS[pipeline as PipelineName]();
  throw new StepFailure(
    "BadInput",
    `"${pipeline}" is no pipeline that this version knows; ${Object.keys(ROOMS).join(", ")} are.`,
  );
}
