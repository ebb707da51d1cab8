/** A point, a direction or a size: x to the right, y up, z towards the front camera. In scene units. */
export type Vec3 = readonly [number, number, number];

/** Red, green, blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

export type Solid =
  | { readonly kind: "box"; readonly centre: Vec3; readonly half: Vec3; readonly colour: Rgb }
  | { readonly kind: "sphere"; readonly centre: Vec3; readonly radius: number; readonly colour: Rgb }
  /** Upright: the apex is `height` above the middle of the base. */
  | {
      readonly kind: "cone";
      readonly base: Vec3;
      readonly radius: number;
      readonly height: number;
      readonly colour: Rgb;
    };

/** What the renderer draws: solids over a floor that is seen from above only. */
export interface Scene {
  readonly solids: readonly Solid[];
  readonly floor: Rgb;
  readonly wall: Rgb;
  /** Point that every camera looks at, and its distance from there. */
  readonly aim: Vec3;
  readonly distance: number;
  /** Question id → index in `solids` of what it asks about. */
  readonly targets: Readonly<Record<string, number>>;
}

/** Pixels and the exact object behind each of them. */
export interface Picture {
  /** Row by row from the top left, 3 bytes a pixel. */
  readonly rgb: Uint8Array;
  /** One entry a pixel: index in `solids` + 1; 0 is floor or wall. */
  readonly ids: Uint8Array;
}
