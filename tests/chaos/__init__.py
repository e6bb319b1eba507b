"""Samtal under every fault that we can cause: nothing lost, nothing counted twice.

Real processes, a real PostgreSQL and a real three-node RabbitMQ cluster on loopback. While faults
strike at random times, reporters log, void, join, leave and transfer through HTTP and keep the
truth on their own. When the faults are over, every counter at every level must equal it.
"""
