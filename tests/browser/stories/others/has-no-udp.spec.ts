/** "Our firewall lets nothing but TLS through." A TURN server by `turns:` carries a whole file between two Chromiums. */
import { sentByTurn } from "../../harness/relayed";
import { test } from "../../harness/test";

test("without a direct path a TURN server that is reached by TLS alone carries a file, and the page says relayed", async ({
  people,
  further,
  files,
}) => {
  await sentByTurn({ people, further, files }, "tls");
});
