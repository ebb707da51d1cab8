import type { SpatialSteps } from "../../src/pipeline/spatial/contract/plan.ts";
import type { Written } from "../step.ts";
import { openSpatial } from "./open.ts";

/** The steps that only this pipeline has, by the queue that they are on. */
export const spatialSteps = { control: { openSpatial } satisfies Written<SpatialSteps> };
