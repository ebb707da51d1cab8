import { roomOf } from "../pipeline/rooms.ts";
import type { Changes } from "../pipeline/pipeline.ts";
import type { CommonRecipe } from "../recipe/common.ts";

/** How a recipe differs from the one that its run was last started with. */
export async function changesBetween(before: CommonRecipe, after: CommonRecipe): Promise<Changes> {
  if (before.pipeline === after.pipeline) return (await roomOf(after)).changes(before, after);
  const fields = `pipeline "${before.pipeline}" → "${after.pipeline}"`;
  return { fields, determines: true, redone: ["Done again: everything; it is another kind of run."] };
}
