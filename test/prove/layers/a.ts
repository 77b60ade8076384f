/** Layer A: a single crash, or a person's abort, at every moment of every story. */
import type { Layer, LayerOptions } from "../api.ts";
import { openRunner } from "../sim/runner.ts";
import { flightOf, momentsOf, shardOf, tellings, undisturbed } from "./moments.ts";

/** Before and after another replica takes over; a mint also long after. */
const LANDS = ["20s", "40s"];
const MINT_LANDS = ["20s", "40s", "10m"];

export const layer: Layer = {
  name: "A",
  about: "a single crash at every moment of every story, with the request sent or not",
  schedules: (options) => shardOf(all(options), options),
  open: openRunner,
};

async function* all({ only }: LayerOptions): AsyncIterable<string> {
  await using runner = await openRunner();
  for (const told of tellings(only)) {
    const plain = undisturbed("A", told);
    yield plain;
    for (const moment of await momentsOf(runner, "A", told)) {
      yield `${plain} die ${moment}`;
      const flight = flightOf(moment);
      if (flight) for (const lands of landings(flight)) yield `${plain} die ${flight}+${lands}`;
      if (told.story === "rotate") yield `${plain} abort ${moment}`;
    }
  }
}

function landings(flight: string): readonly string[] {
  return flight.startsWith("issuer.mint") ? MINT_LANDS : LANDS;
}
