using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace TransformerXL.Server;

/// <summary>Where to listen.</summary>
internal static class ListenAddresses
{
    /// <summary>Listens on an address, on all addresses of a name, or with <c>*</c> on all of the machine.</summary>
    /// <exception cref="InputException">The name is not known.</exception>
    public static void Listen(KestrelServerOptions kestrel, string host, int port)
    {
        if (host is "*" or "::" or "[::]")
        {
            kestrel.ListenAnyIP(port);
            return;
        }

        // Two sockets cannot share a port that the system has yet to choose.
        IEnumerable<IPAddress> addresses = Resolve(host);
        foreach (IPAddress address in port == 0 ? addresses.Take(1) : addresses)
        {
            kestrel.Listen(address, port);
        }
    }

    /// <summary>Whether other machines reach an address such as <c>http://[::]:8080</c>.</summary>
    public static bool IsReachable(string address)
    {
        BindingAddress parsed = BindingAddress.Parse(address);
        return !parsed.IsUnixPipe && !parsed.IsNamedPipe && !IsLoopback(parsed.Host);
    }

    /// <summary>Whether only programs of this machine reach the host.</summary>
    private static bool IsLoopback(string host)
    {
        try
        {
            return Resolve(host).All(IPAddress.IsLoopback);
        }
        catch (InputException)
        {
            return false;
        }
    }

    private static IPAddress[] Resolve(string host)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address))
        {
            return [address];
        }

        try
        {
            IPAddress[] addresses = Dns.GetHostAddresses(host);
            return addresses.Length > 0 ? [.. addresses.OrderBy(found => found.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)] : throw new InputException($"the host '{host}' has no address");
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            throw new InputException($"the host '{host}' is not known: {exception.Message}", exception);
        }
    }
}
