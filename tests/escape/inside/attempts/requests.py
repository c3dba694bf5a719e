"""Requests of ioctl(2)

Those that hand out a descriptor, that change the network or the machine, and those to devices that
this machine need not have: there the effect is that the kernel looks at the request. Requests to
files and terminals are in the sections about these.
"""

import fcntl
import os
import socket
import struct

from kinds import HIGH, REACHED, never

IFF_TAP = 2
SIOCGIFMTU, SIOCSIFMTU = 0x8921, 0x8922


def hands_out(title, number, opened, argument=0, **traits):
    """A request that returns a descriptor; opened(world) is what it is made on."""
    for above in (0, HIGH):
        filled = ", the upper half filled" if above else ""

        @never(f"ioctl: {title}{filled}", "a new descriptor", **traits)
        def prepare(world, above=above):
            on = opened(world)
            word = argument if isinstance(argument, int) else world.raw.memory(argument)
            return (lambda: world.raw("ioctl", on, number | above, word)), world.got_descriptor


def device(path):
    """Opens a device, as it is before the lock-down; the world has none: a pipe, which refuses."""

    def opened(world):
        return world.open(path) if os.path.exists(path) else world.pipe().reader

    return opened


def bound(world):
    """A UNIX socket that has a file."""
    made = world.new_socket(socket.AF_UNIX)
    made.bind(world.name())
    return made.fileno()


hands_out(
    "USERFAULTFD_IOC_NEW, on /dev/userfaultfd",
    *(0xAA00, device("/dev/userfaultfd")),
    optional="kernels without that device",
)
hands_out("KVM_CREATE_VM", 0xAE01, device("/dev/kvm"), optional="machines without that device")
hands_out(
    "NS_GET_USERNS",
    *(0xB701, lambda world: world.open("/proc/self/ns/uts", os.O_RDONLY)),
)
hands_out(
    "PIDFD_GET_UTS_NAMESPACE",
    *(0xFF0A, lambda world: world.raw("pidfd_open", os.getpid(), 0)),
    optional="kernels before 6.11",
)
hands_out("SIOCGSKNS", 0x894C, lambda world: world.new_socket().fileno())
hands_out("SIOCUNIXFILE", 0x89E0, bound)


# ---- The network ---------------------------------------------------------------------------------


def transmission_unit():
    with socket.socket() as any_socket:
        told = fcntl.ioctl(any_socket, SIOCGIFMTU, struct.pack("16si20x", b"lo", 0))
    return struct.unpack("16si20x", told)[1]


def interfaces():
    with open("/proc/net/dev") as file:
        return sorted(line.partition(":")[0] for line in file)


for above in (0, HIGH):
    filled = ", the upper half filled" if above else ""

    @never(f"ioctl: SIOCSIFMTU, change an interface{filled}", "the interface is another one")
    def change_an_interface(world, above=above):
        raw, before, on = world.raw, transmission_unit(), world.new_socket().fileno()
        wanted = raw.memory(struct.pack("16si20x", b"lo", before - 1))
        return (
            lambda: raw("ioctl", on, SIOCSIFMTU | above, wanted),
            lambda _: transmission_unit() != before,
        )

    @never(
        f"ioctl: TUNSETIFF, make an interface{filled}",
        "there is another interface",
        optional="kernels without /dev/net/tun",
    )
    def make_an_interface(world, above=above):
        before, on = interfaces(), device("/dev/net/tun")(world)
        wanted = world.raw.memory(struct.pack("16sH22x", b"escaped%d", IFF_TAP))
        return (
            lambda: world.raw("ioctl", on, 0x400454CA | above, wanted),
            lambda _: interfaces() != before,
        )


@never("ioctl: SIOCETHTOOL, commands that can change an interface", REACHED)
def network_card(world):
    on, empty = world.new_socket().fileno(), world.raw.memory(bytes(40))
    return (lambda: world.raw("ioctl", on, 0x8946, empty)), lambda answer: answer.reached


# ---- The machine ---------------------------------------------------------------------------------


@never("ioctl: RNDRESEEDCRNG, everybody's random numbers", "the kernel does it")
def reseed(world):
    on = world.open("/dev/urandom", os.O_RDONLY)
    return (lambda: world.raw("ioctl", on, 0x5207, 0)), lambda answer: answer.ok


def asked(title, number):
    """A request for devices that need not be here, on a pipe."""

    @never(f"ioctl: {title}", REACHED)
    def prepare(world):
        on, where = world.pipe().writer, world.raw.memory(bytes(64))
        return (lambda: world.raw("ioctl", on, number, where)), lambda answer: answer.reached


asked("RTC_SET_TIME: set the clock", 0x4024700A)
asked("WDIOC_SETTIMEOUT: let the machine be reset", 0xC0045706)
asked("X86_IOC_WRMSR_REGS: registers of a processor", 0xC02063A1)
asked("SNAPSHOT_POWER_OFF: turn the machine off", 0x3310)
asked("UI_DEV_CREATE: make a keyboard", 0x5501)
asked("EVIOCGRAB: take a keyboard from all others", 0x40044590)
asked("EVIOCSKEYCODE: say what a key types", 0x40084504)
asked("EVIOCSABS, in another size", 0x400145C5)
asked("HIDIOCSFEATURE, of five bytes", 0xC0054806)
asked("I2C_RDWR: talk to any chip", 0x0707)
asked("SPI_IOC_MESSAGE, of two messages", 0x40406B00)
asked("USBDEVFS_SUBMITURB: talk to a device", 0x8038550A)
asked("SECCOMP_IOCTL_NOTIF_ADDFD: a descriptor for another process", 0x40182103)
asked("SECCOMP_IOCTL_NOTIF_ADDFD, in another size", 0x40202103)
asked("VFIO_GROUP_GET_DEVICE_FD", 0x3B6A)
asked("DRM_IOCTL_PRIME_HANDLE_TO_FD", 0xC00C642D)
asked("DRM_IOCTL_PRIME_HANDLE_TO_FD, in another size", 0xC010642D)
asked("DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD", 0xC01864C1)
asked("DMA_HEAP_IOCTL_ALLOC", 0xC0184800)
asked("UDMABUF_CREATE", 0x40187542)
asked("VIDIOC_EXPBUF", 0xC0405610)
asked("MEDIA_IOC_REQUEST_ALLOC", 0x80047C05)
asked("GPIO_V2_GET_LINE_IOCTL", 0xC250B407)
asked("SYNC_IOC_MERGE", 0xC0303E03)
asked("TEE_IOC_SHM_ALLOC", 0xC010A401)
asked("FUSE_DEV_IOC_CLONE", 0x8004E500)
asked("VHOST_NET_SET_BACKEND: have the kernel send", 0x4008AF30)
