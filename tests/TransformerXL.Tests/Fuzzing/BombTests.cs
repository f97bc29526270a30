using System.Diagnostics;
using System.Globalization;
using TransformerXL.Fuzz;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Fuzzing;

/// <summary>Each is refused within memory in proportion to its size: docs/architecture.md states the factor.</summary>
public sealed class BombTests
{
    private const int MaxPerByte = 16;

    // Start, code and tables of the program, and what the collector has not taken back yet.
    private const long ProcessBytes = 96 << 20;

    public static TheoryData<string> Names => [.. Bombs.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bomb_is_refused_and_little_is_allocated(string name)
    {
        (string target, Func<byte[]> make) = Bombs.All[name];
        byte[] bomb = make();
        long before = GC.GetAllocatedBytesForCurrentThread();
        string? refusal = FuzzTargets.Find(target).Check(bomb);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.NotNull(refusal);
        Assert.InRange(refusal.Length, 1, 1_000);
        Assert.InRange(allocated, 0, (MaxPerByte * (long)bomb.Length) + (32 << 20));
    }

    [Fact]
    public async Task A_process_with_a_limit_of_memory_refuses_each_of_them()
    {
        using TemporaryFolder folder = new();
        foreach ((string name, (string target, Func<byte[]> make)) in Bombs.All)
        {
            byte[] bomb = make();
            string output = await TryAsync(target, folder.Write("bomb", bomb), (MaxPerByte * (long)bomb.Length) + ProcessBytes);
            Assert.Contains("bomb: ", output, StringComparison.Ordinal);
            Assert.False(output.TrimEnd().EndsWith(": accepted", StringComparison.Ordinal), $"{name}: {output}");
        }
    }

    /// <summary>Parses a file in a process of its own, whose heap may not grow beyond the limit.</summary>
    private static async Task<string> TryAsync(string target, string path, long bytes)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "TransformerXL.Fuzz.dll"), "try", target, path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = bytes.ToString("x", CultureInfo.InvariantCulture);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{target}: {await error}");
        return output;
    }
}
