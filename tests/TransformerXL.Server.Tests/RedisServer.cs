using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using TransformerXL.Testing;

namespace TransformerXL.Server.Tests;

/// <summary>A Redis of Debian for the tests of a class, on a free port of this machine, that writes nothing to the disk.</summary>
public sealed class RedisServer : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private Process? _process;

    /// <summary>The port; the first use starts the server, or skips the test where it is not installed.</summary>
    public async Task<int> PortAsync()
    {
        if (_process is null)
        {
            ProgramRunner.Require("redis-server", "--version", "redis-server is not installed");
            await StartAsync();
        }

        return Port;
    }

    private int Port { get; set; }

    public async Task<ConnectionMultiplexer> ConnectAsync() => await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{await PortAsync()},allowAdmin=true");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        Kill();
        _folder.Dispose();
    }

    /// <summary>Ends the server as a failure would; the next use starts an empty one.</summary>
    public void Kill()
    {
        if (_process is { } running)
        {
            running.Kill();
            running.WaitForExit();
            running.Dispose();
            _process = null;
        }
    }

    /// <summary>A port that nothing listens on.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task StartAsync()
    {
        Port = FreePort();
        string[] arguments = ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _folder.Path, "--daemonize", "no"];
        _process = Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Ready to accept connections", StringComparison.Ordinal) == true)
            {
                ready.TrySetResult();
            }
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ready.Task.WaitAsync(TestServer.Patience);
    }
}
