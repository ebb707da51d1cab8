/** A reward that a recipe brings itself: a program below the root, or a service. */
export type OwnReward =
  | { readonly kind: "module"; readonly path: string }
  | { readonly kind: "address"; readonly address: string };

const MODULE = /\.(ts|mts|js|mjs)$/;

/** What a reward's name stands for where it is none of the house's; null where it is neither file nor address. */
export function ownReward(name: string): OwnReward | null {
  if (/^https?:\/\//.test(name)) return URL.canParse(name) ? { kind: "address", address: name } : null;
  const below = !name.startsWith("/") && !name.split("/").includes("..");
  return MODULE.test(name) && below ? { kind: "module", path: name } : null;
}
