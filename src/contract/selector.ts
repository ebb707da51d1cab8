/**
 * How a query's candidates are drawn from a pool: at random, by the nearness of texts or of pictures, or by all three in
 * turn. A recipe says it, and a selector that serves was trained on it.
 */
export const SAMPLERS = ["random", "text", "image", "mixed"] as const;

export type Sampler = (typeof SAMPLERS)[number];
