import { cameraOf } from "./camera.ts";
import type { Edit } from "./instruction.ts";
import { raycast } from "./raycast.ts";
import type { Picture, Rgb, Scene } from "./types.ts";

const ZOOM = 1.5;

/** The given view: what the camera sees before anyone asks for anything else. */
export function drawGiven(scene: Scene, width: number, height: number): Picture {
  return raycast(scene, cameraOf(scene, "front"), width, height);
}

/** The scene after the edit. Everything but a camera leaves the viewpoint where it was. */
export function draw(scene: Scene, edit: Edit, width: number, height: number): Picture {
  if (edit.kind === "camera") return raycast(scene, cameraOf(scene, edit.camera), width, height);
  if (edit.kind === "zoom") return raycast(scene, cameraOf(scene, "front", ZOOM), width, height);
  if (edit.kind === "wall") return drawGiven({ ...scene, wall: turned(scene.wall) }, width, height);
  const given = drawGiven(scene, width, height);
  return edit.kind === "tone" ? toned(given, edit.gain) : given;
}

function turned([red, green, blue]: Rgb): Rgb {
  return [blue, red, green];
}

function toned(picture: Picture, gain: number): Picture {
  return { ids: picture.ids, rgb: picture.rgb.map((value) => Math.min(255, Math.round(value * gain))) };
}
