using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TransformerXL.Tests.Data.Datasets;

/// <summary>A web server on the loopback address whose file has no length and no end.</summary>
internal sealed class EndlessServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public EndlessServer()
    {
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/archive.zip");
        _ = ServeAsync();
    }

    public Uri Url { get; }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync();
            NetworkStream stream = client.GetStream();
            await stream.ReadAtLeastAsync(new byte[1024], 16, throwOnEndOfStream: false);
            await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
            for (byte[] zeros = new byte[1 << 16]; ;)
            {
                await stream.WriteAsync(zeros);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            // The client has gone, as it should.
        }
    }
}
