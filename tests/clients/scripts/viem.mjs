// viem as anybody uses it: `node viem.mjs <http|webSocket> <url> <chain id>`; the private key, the
// till and the money's address come as JSON on standard input. Prints what it saw as JSON.
import { readFileSync } from "node:fs";
import {
  BaseError,
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  parseAbi,
  verifyTypedData,
  webSocket,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";

const [kind, url, chainId] = process.argv.slice(2);
const given = JSON.parse(readFileSync(0, "utf8"));
const account = privateKeyToAccount(given.key);
const chain = defineChain({
  id: Number(chainId),
  name: "synak",
  nativeCurrency: { name: "test", symbol: "T", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
const transport = kind === "webSocket" ? webSocket(url) : http(url);
const reader = createPublicClient({ chain, transport, pollingInterval: 100 });
const writer = createWalletClient({ account, chain, transport });
const { abi, bytecode } = given.till;
const seen = {};

async function refused(act) {
  try {
    await act();
    return null;
  } catch (error) {
    const deepest = error instanceof BaseError ? error.walk() : error;
    const named = error.walk?.((each) => each.data?.errorName)?.data?.errorName;
    return named ?? deepest.details ?? deepest.shortMessage ?? deepest.message ?? String(deepest);
  }
}

// 1. What the library asks of itself.
seen.chainId = await reader.getChainId();
seen.gasPrice = await reader.getGasPrice();
seen.fees = await reader.estimateFeesPerGas();
seen.feeHistory = (await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [25, 75] }))
  .baseFeePerGas.length;
seen.blobBaseFee = await refused(() => reader.getBlobBaseFee());
seen.balanceBefore = await reader.getBalance({ address: account.address });

// 2. Deploy, wait, call, simulate, write.
const blocks = [];
const unwatch = reader.watchBlocks({ emitOnBegin: false, onBlock: (block) => blocks.push(block.number) });
const events = [];
const deployed = await writer.deployContract({ abi, bytecode, args: [given.money] });
const creation = await reader.waitForTransactionReceipt({ hash: deployed, timeout: 30_000 });
const address = creation.contractAddress;
seen.deployed = creation.status;
const unwatchEvents = reader.watchContractEvent({
  address,
  abi,
  eventName: "Paid",
  onLogs: (logs) => events.push(...logs.map((log) => log.args.amount)),
});
await new Promise((resolve) => setTimeout(resolve, 500));
const { request } = await reader.simulateContract({
  account,
  address,
  abi,
  functionName: "note",
  args: [7n],
});
const noted = await reader.waitForTransactionReceipt({ hash: await writer.writeContract(request) });
seen.noted = noted.status;
seen.payments = await reader.readContract({ address, abi, functionName: "payments" });
seen.simulateRefused = await refused(() =>
  reader.simulateContract({ account, address, abi, functionName: "note", args: [0n] }),
);
seen.writeRefused = await refused(() =>
  writer.writeContract({ address, abi, functionName: "note", args: [0n] }),
);

// 3. Three at once: nonces from the pending count.
const nonce = await reader.getTransactionCount({ address: account.address, blockTag: "pending" });
const hashes = await Promise.all(
  [0, 1, 2].map((each) =>
    writer.writeContract({
      address,
      abi,
      functionName: "note",
      args: [BigInt(10 + each)],
      nonce: nonce + each,
      gas: 200_000n,
    }),
  ),
);
const three = await Promise.all(hashes.map((hash) => reader.waitForTransactionReceipt({ hash })));
seen.three = three.map((each) => each.status);

// 4. Logs, blocks, multicall-free reads, transactions.
const logs = await reader.getContractEvents({
  address,
  abi,
  eventName: "Paid",
  fromBlock: creation.blockNumber,
});
seen.logs = logs.map((log) => log.args.amount);
const block = await reader.getBlock({ blockNumber: noted.blockNumber, includeTransactions: true });
seen.inBlock = block.transactions.some((each) => each.hash === noted.transactionHash);
const transaction = await reader.getTransaction({ hash: noted.transactionHash });
seen.type = transaction.type;
seen.code = (await reader.getCode({ address })).length > 2;
seen.proof = (await reader.getProof({ address, storageKeys: [] })).address.toLowerCase() ===
  address.toLowerCase();
seen.accessList = (
  await reader.createAccessList({ account: account.address, to: address, data: "0x0c340a24" }).catch(
    () => ({ gasUsed: 0n }),
  )
).gasUsed !== undefined;

// 5. Typed data, signed here and checked here.
const typed = {
  domain: { name: "Till", version: "1", chainId: Number(chainId), verifyingContract: address },
  types: { Order: [{ name: "amount", type: "uint256" }] },
  primaryType: "Order",
  message: { amount: 5n },
};
const signature = await writer.signTypedData(typed);
seen.typed = await verifyTypedData({ ...typed, address: account.address, signature });

// 6. The money: a payment to an address outside the permit is refused, and says so.
const money = parseAbi(["function transfer(address,uint256) returns (bool)"]);
seen.foreign = await refused(() =>
  writer.writeContract({
    address: given.money,
    abi: money,
    functionName: "transfer",
    args: [given.stranger, 1n],
    gas: 300_000n,
  }),
);
await new Promise((resolve) => setTimeout(resolve, 500));
unwatch();
unwatchEvents();
seen.watchedBlocks = blocks.length;
seen.watchedEvents = events;
seen.balanceAfter = await reader.getBalance({ address: account.address });
console.log(JSON.stringify(seen, (_, value) => (typeof value === "bigint" ? Number(value) : value)));
if (kind === "webSocket") {
  const { socket } = await reader.transport.getRpcClient();
  socket.close();
}
process.exit(0);
