"""castai-mcp-server, as it is published, against a server that acts on a simulated cluster."""

import asyncio
import datetime
import json
import os
import pathlib
import sys
import time
import unittest
from typing import Any

from servers import Program, Server, free_port

# How long it may take until the new nodes of a small simulated cluster are there, in seconds.
MOVING_WITHIN = 90


class McpServer(unittest.IsolatedAsyncioTestCase):
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cloud = f"127.0.0.1:{free_port()}"
        cls.server = Server("--sim-cloud", f"http://{cloud}")
        cls.addClassCleanup(cls.server.stop)
        simulated = Program(
            [
                "sim", "--url", cls.server.url, "--key", cls.server.key, "--nodes", "6", "--speed", "30",
                "--interval", "1s", "--cloud-listen", cloud, "--no-group-autoscaler",
            ],
            {"cloud": r"the simulated cloud is at (http://[0-9.:]+)"},
        )
        cls.addClassCleanup(simulated.stop)

    async def asyncSetUp(self) -> None:
        from fastmcp import Client
        from fastmcp.client.transports import StdioTransport

        command = str(pathlib.Path(sys.executable).with_name("castai-mcp-server"))
        settings = {
            **os.environ,
            "CASTAI_API_URL": self.server.url,
            "CASTAI_API_KEY": self.server.key,
            # It would ask the Internet whether there is a newer one.
            "FASTMCP_CHECK_FOR_UPDATES": "off",
        }
        self.client = await self.enterAsyncContext(Client(StdioTransport(command, [], env=settings)))

    async def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers; every tool of this server answers JSON, errors included."""
        answer = await self.client.call_tool(tool, arguments)
        data = json.loads(answer.content[0].text)
        if isinstance(data, dict):
            self.assertNotIn("error", data, f"{tool}: {data}")
        return data

    async def cluster(self) -> str:
        """The id of the simulated cluster, once its agent and controller are there."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            listed = await self.call("list_clusters")
            ready = [one for one in listed["items"] if one["status"] == "ready"]
            if ready:
                return str(ready[0]["id"])
            await asyncio.sleep(0.5)
        self.fail("no cluster became ready within a minute")

    async def test_rebalances_a_cluster(self) -> None:
        cluster = await self.cluster()
        details = await self.call("get_cluster_details", cluster_id_or_name=cluster)
        self.assertEqual(details["id"], cluster)

        updated = await self.call(
            "update_cluster_autoscaler_policies", cluster_id_or_name=cluster, enabled=True, confirm_impact=True
        )
        self.assertTrue(updated, "the policies before and after")
        policies = await self.call("list_cluster_policies", cluster_id_or_name=cluster)
        self.assertIs(policies["enabled"], True)

        now = datetime.datetime.now(datetime.timezone.utc)
        cost = await self.call(
            "get_cost_report",
            cluster_id_or_name=cluster,
            start_time=(now - datetime.timedelta(days=1)).isoformat(),
            end_time=now.isoformat(),
        )
        self.assertTrue(cost)

        plan = await self.call("generate_rebalancing_plan", cluster_id_or_name=cluster, min_nodes=1)
        self.assertEqual(plan["status"], "generated", plan)
        before, after = plan["current_nodes"], plan["proposed_nodes"]
        self.assertEqual(before["count"], 6)
        self.assertLess(float(after["hourly_cost"]), float(before["hourly_cost"]))

        identity = {"cluster_id_or_name": cluster, "rebalancing_plan_id": plan["rebalancing_plan_id"]}
        started = await self.call("execute_rebalancing_plan", **identity, confirm_impact=True)
        self.assertEqual(started["execution_status"], "started")
        self.assertEqual(started["current_nodes"], before)

        # What follows takes as long as the cluster takes: here it is enough that the new nodes came and pods move.
        deadline = time.monotonic() + MOVING_WITHIN
        seen = await self.call("get_rebalancing_plan", **identity)
        while seen["status"] in ("creating_nodes", "preparing_nodes"):
            self.assertLess(time.monotonic(), deadline, f"not done in time: {seen}")
            await asyncio.sleep(1)
            seen = await self.call("get_rebalancing_plan", **identity)
        self.assertIn(seen["status"], ("draining_nodes", "deleting_nodes", "finished", "partially_finished"), seen)
        self.assertGreater(seen["operations"]["by_type"]["create_node"], 0)


if __name__ == "__main__":
    unittest.main()
