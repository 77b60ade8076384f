/** What Velvet does while a person does the rest. */
import type { Assist } from "../../domain/action.ts";
import type { Instant, World } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { askRevoke } from "./assisted.ts";
import { look } from "./look.ts";
import { askValue } from "./provide.ts";

/** Answers when to look again, where nothing was to be recorded. */
export async function assist(pass: Pass, world: World, deed: Assist): Promise<Instant | undefined | void> {
  switch (deed.act) {
    case "ask-value":
      return askValue(pass, world);
    case "ask-revoke":
      return askRevoke(pass, world, deed.id);
    case "look":
      return look(pass, world, deed.step);
  }
}
