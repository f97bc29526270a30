using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TransformerXL.Tests.Data.Datasets;

/// <summary>A web server on the loopback address that answers as a test wants, one connection after the other. A connection serves one request.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<Request, Answer> _answer;

    public LoopbackServer(Func<Request, Answer> answer)
    {
        _answer = answer;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/archive.zip");
        _ = ServeAsync();
    }

    public Uri Url { get; }

    /// <summary>The range that each request asked for.</summary>
    public List<string?> Ranges { get; } = [];

    /// <summary>A file, from where the request asks for if it asks for the version that is there.</summary>
    public static Answer File(Request request, byte[] content, string tag, int cutAfter = int.MaxValue)
    {
        if (request.Range is null || request.IfRange != tag)
        {
            return new Answer(200, [$"ETag: {tag}"], content, cutAfter);
        }

        int begin = int.Parse(request.Range["bytes=".Length..^1], CultureInfo.InvariantCulture);
        return new Answer(206, [$"ETag: {tag}", $"Content-Range: bytes {begin}-{content.Length - 1}/{content.Length}"], content[begin..], cutAfter);
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                await AnswerAsync(client.GetStream());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        try
        {
            Request? request = await ReadAsync(stream);
            if (request is null)
            {
                return;
            }

            Ranges.Add(request.Range);
            Answer answer = _answer(request);
            string head = string.Join("\r\n", [$"HTTP/1.1 {answer.Status} Text", "Connection: close", $"Content-Length: {answer.Body.Length}", .. answer.Headers, "", ""]);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            await stream.WriteAsync(answer.Body.AsMemory(0, Math.Min(answer.CutAfter, answer.Body.Length)));
        }
        catch (IOException)
        {
            // The client has gone.
        }
    }

    private static async Task<Request?> ReadAsync(NetworkStream stream)
    {
        StringBuilder head = new();
        byte[] buffer = new byte[1024];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer);
            if (read == 0)
            {
                return null;
            }

            head.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        string[] lines = head.ToString().Split("\r\n");
        return new Request(Value(lines, "Range: "), Value(lines, "If-Range: "));
    }

    private static string? Value(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.OrdinalIgnoreCase))?[name.Length..];

    /// <summary>What a request asks for.</summary>
    internal sealed record Request(string? Range, string? IfRange);

    /// <summary>An answer; after so many bytes the connection breaks.</summary>
    internal sealed record Answer(int Status, string[] Headers, byte[] Body, int CutAfter = int.MaxValue);
}
