using System.Net;
using System.Net.Sockets;

namespace TransformerXL.Tests.Data.Datasets;

/// <summary>A web server on the loopback address that answers as a test wants.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly HttpListener _listener;
    private readonly Action<HttpListenerContext> _answer;
    private readonly Task _loop;

    public LoopbackServer(Action<HttpListenerContext> answer)
    {
        _answer = answer;
        (_listener, Url) = Listen();
        _loop = Task.Run(Serve);
    }

    public Uri Url { get; }

    /// <summary>The range that each request asked for.</summary>
    public List<string?> Ranges { get; } = [];

    /// <summary>Answers with a file, from where the request asks for if it asks for the version that is there.</summary>
    public static void SendFile(HttpListenerContext context, byte[] content, string tag, int cutAfter = int.MaxValue)
    {
        int begin = 0;
        HttpListenerResponse response = context.Response;
        response.Headers["ETag"] = tag;
        if (context.Request.Headers["Range"] is { } range && context.Request.Headers["If-Range"] == tag)
        {
            begin = int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {begin}-{content.Length - 1}/{content.Length}";
        }

        response.ContentLength64 = content.Length - begin;
        response.OutputStream.Write(content, begin, Math.Min(cutAfter, content.Length - begin));
        if (cutAfter < content.Length - begin)
        {
            response.OutputStream.Flush();
            response.Abort();
        }
        else
        {
            response.Close();
        }
    }

    public void Dispose()
    {
        _listener.Close();
        _loop.Wait();
    }

    private void Serve()
    {
        while (true)
        {
            try
            {
                HttpListenerContext context = _listener.GetContext();
                Ranges.Add(context.Request.Headers["Range"]);
                _answer(context);
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                if (!_listener.IsListening)
                {
                    return;
                }
            }
        }
    }

    private static (HttpListener, Uri) Listen()
    {
        while (true)
        {
            using TcpListener probe = new(IPAddress.Loopback, 0);
            probe.Start();
            string url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
            probe.Stop();
            HttpListener listener = new();
            listener.Prefixes.Add(url);
            try
            {
                listener.Start();
                return (listener, new Uri(url + "archive.zip"));
            }
            catch (HttpListenerException)
            {
                // Another process took the port in between.
                listener.Close();
            }
        }
    }
}
