import { thumbnail } from "../../../image/thumbnail.ts";
import type { Album } from "../../../report/html/cards.ts";
import type { Html } from "../../../report/html/html.ts";

/** Shows a picture of the run, small. */
export type Show = (path: string, alt: string) => Promise<Html>;

/** Each file is read once, however many cards show it. */
export function showIn(album: Album): Show {
  const known = new Map<string, Promise<string | null>>();
  return async (path, alt) => {
    const small = known.get(path) ?? thumbnail(path);
    known.set(path, small);
    return album.shown(await small, alt);
  };
}
