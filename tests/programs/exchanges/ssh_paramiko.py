"""paramiko: a login with a key, a command with input and exit status, SFTP, a forwarded port."""

import os

import paramiko
from facts import HOST, facts

told = facts["sshd"]
with paramiko.SSHClient() as client:
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect(
        HOST,
        told["port"],
        told["user"],
        key_filename=told["key"],
        allow_agent=False,
        look_for_keys=False,
        timeout=20,
    )
    stdin, stdout, _ = client.exec_command("cat; exit 7", timeout=20)
    stdin.write(b"x" * 200_000)
    stdin.channel.shutdown_write()
    assert stdout.read() == b"x" * 200_000
    assert stdout.channel.recv_exit_status() == 7
    with client.open_sftp() as sftp:
        path = os.path.abspath("file")
        with sftp.open(path, "wb") as file:
            file.write(b"y" * 300_000)
        assert sftp.stat(path).st_size == 300_000
        sftp.get(path, "copy")
    with open("copy", "rb") as file:
        assert file.read() == b"y" * 300_000
    transport = client.get_transport()
    with transport.open_channel("direct-tcpip", (HOST, told["port"]), (HOST, 0)) as channel:
        assert channel.recv(4) == b"SSH-"
