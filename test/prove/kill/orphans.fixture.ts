/** Starts controllers, freezes one, says their pids, and waits to be killed. */
import { CONTROLLER_COUNT, World } from "./world.ts";

const world = await World.open();
while (world.controllers.length < CONTROLLER_COUNT) await new Promise((resolve) => setTimeout(resolve, 20));
const [first] = world.controllers;
void first?.freeze(new Promise(() => undefined));
process.stdout.write(`${JSON.stringify(world.pids)}\n`);
