"""paho-mqtt: publish and subscribe through a broker, in both of its loops, over TCP and TLS."""

import queue

import paho.mqtt.client as mqtt
from facts import HOST, ROOT, facts

told = facts["mosquitto"]
for port, tls in ((told["port"], False), (told["tls"], True)):
    received: queue.Queue = queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if tls:
        client.tls_set(ROOT)
    client.on_connect = lambda client, *_: client.subscribe("news", 2)
    client.on_subscribe = lambda client, *_: client.publish("news", b"x" * 100_000, 2)
    client.on_message = lambda client, _, message: received.put(message.payload)
    client.connect("localhost" if tls else HOST, port)
    client.loop_start()
    assert received.get(timeout=10) == b"x" * 100_000
    for qos in (0, 1, 2):
        client.publish("news", b"%d" % qos, qos)
    assert sorted(received.get(timeout=10) for _ in range(3)) == [b"0", b"1", b"2"]
    client.disconnect()
    client.loop_stop()

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
client.on_connect = lambda client, *_: client.disconnect()
client.connect(HOST, told["port"])
connected = []
client.on_disconnect = lambda client, data, flags, reason, *_: connected.append(str(reason))
client.loop_forever()
assert connected == ["Normal disconnection"], connected
