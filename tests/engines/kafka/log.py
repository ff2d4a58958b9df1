"""A Kafka topic as a test sees it: payloads a partition, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence


class Log:
    """Writes and reads whole topics through aiokafka, which is imported when it is first needed."""

    def __init__(self, broker: str) -> None:
        self.broker = broker

    def create(self, topics: Sequence[str], partitions: int) -> None:
        """Makes topics that are not there yet."""
        asyncio.run(self._create(topics, partitions))

    def publish(self, topic: str, payloads: Sequence[Sequence[bytes]]) -> None:
        """Adds each partition's payloads in their order."""
        asyncio.run(self._publish(topic, payloads))

    def read(self, topic: str, partitions: int) -> list[list[bytes]]:
        """Everything that a topic holds, a list for each partition."""
        return asyncio.run(self._read(topic, partitions))

    def committed(self, group: str, topic: str, partitions: int) -> list[int]:
        """The offset that a group would go on from, for each partition; 0 if it never committed."""
        return asyncio.run(self._committed(group, topic, partitions))

    async def _create(self, topics: Sequence[str], partitions: int) -> None:
        from aiokafka.admin import AIOKafkaAdminClient, NewTopic

        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(name, partitions, 1) for name in topics])
        finally:
            await admin.close()

    async def _publish(self, topic: str, payloads: Sequence[Sequence[bytes]]) -> None:
        from aiokafka import AIOKafkaProducer

        producer = AIOKafkaProducer(bootstrap_servers=self.broker, acks="all", enable_idempotence=True)
        await producer.start()
        try:
            for partition, part in enumerate(payloads):
                for payload in part:
                    await producer.send(topic, payload, partition=partition)
        finally:
            await producer.stop()

    async def _read(self, topic: str, partitions: int) -> list[list[bytes]]:
        from aiokafka import AIOKafkaConsumer, TopicPartition

        consumer = AIOKafkaConsumer(bootstrap_servers=self.broker, enable_auto_commit=False)
        await consumer.start()
        try:
            places = [TopicPartition(topic, partition) for partition in range(partitions)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            found: list[list[bytes]] = [[] for _ in places]
            for place in places:
                while await consumer.position(place) < ends[place]:
                    batch = await consumer.getmany(place, timeout_ms=200)
                    found[place.partition].extend(message.value for message in batch.get(place, ()))
            return found
        finally:
            await consumer.stop()

    async def _committed(self, group: str, topic: str, partitions: int) -> list[int]:
        from aiokafka.admin import AIOKafkaAdminClient

        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(group)
        finally:
            await admin.close()
        known = {place.partition: about.offset for place, about in offsets.items() if place.topic == topic}
        return [max(known.get(partition, 0), 0) for partition in range(partitions)]
