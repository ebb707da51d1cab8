#!/usr/bin/env bash
# Makes the models of the pointer selector's demo again: demo/pointer/{clip,critic}. About 20 minutes on two cores.
#
#     NODE=path/to/node PYTHON=.venv/bin/python demo/train/make_pointer.sh [scratch folder]
#
# The rooms that they learn from have another seed than the demo's.
set -euo pipefail
cd "$(dirname "$0")/../.."
node=${NODE:-node}
python=${PYTHON:-.venv/bin/python}
scratch=${1:-.snowball/toy-pointer}
mkdir -p "$scratch"

"$node" demo/world/numbered-rooms.ts --out "$scratch/rooms" --seed train-rooms --pool 6000 --queries 0 --test 400
"$python" demo/train/train_clip.py --rooms "$scratch/rooms" --out "$scratch/clip" --seed 6 >"$scratch/clip.log" &
first=$!
"$python" demo/train/train_in_context.py --rooms "$scratch/rooms" --from demo/snowball/critic \
  --out "$scratch/looks" --seed 5 --stop 750 >"$scratch/looks.log"
"$python" demo/train/train_in_context.py --rooms "$scratch/rooms" --from "$scratch/looks" \
  --out "$scratch/critic" --seed 7 --vision-rests --stop 500 >"$scratch/critic.log"
wait "$first"

mkdir -p demo/pointer
for role in clip critic; do
  rm -rf "demo/pointer/$role"
  cp -r "$scratch/$role" "demo/pointer/$role"
done
