using System.ComponentModel;
using System.Diagnostics;
using System.IO.Compression;
using TransformerXL.Compression;

namespace TransformerXL.Cli.Bench;

/// <summary>A compressor: this program's, one of the framework's, or a program of the system.</summary>
/// <param name="Name">The compressor with its settings.</param>
/// <param name="Compress">Compresses the first file to the second and returns the largest resident set of the process.</param>
/// <param name="Decompress">Decompresses the first file to the second.</param>
internal sealed record MeasuredCompressor(string Name, Func<string, string, CancellationToken, long> Compress, Func<string, string, CancellationToken, long> Decompress)
{
    private const int CopyBytes = 1 << 16;

    /// <summary>All compressors that are installed.</summary>
    /// <param name="best">Whether to include the slow profile.</param>
    public static IEnumerable<MeasuredCompressor> All(bool best)
    {
        yield return Own("txl --fast", CompressionProfile.Fast);
        yield return Own("txl", CompressionProfile.Standard);
        if (best)
        {
            yield return Own("txl --best", CompressionProfile.Best);
        }

        yield return Framework("gzip 9", output => new GZipStream(output, CompressionLevel.SmallestSize), input => new GZipStream(input, CompressionMode.Decompress));
        yield return Framework("brotli 11", output => new BrotliStream(output, new BrotliCompressionOptions { Quality = 11 }), input => new BrotliStream(input, CompressionMode.Decompress));
        yield return Framework("brotli 11, 16 MiB window", output => new BrotliWindowStream(output), input => new BrotliStream(input, CompressionMode.Decompress));
        foreach ((string name, string program, string[] options) in new[]
        {
            ("bzip2 -9", "bzip2", ["-9"]), ("xz -9e", "xz", ["-9e"]), ("zstd -19", "zstd", ["-19", "-q"]), ("zstd --ultra -22 --long", "zstd", (string[])["--ultra", "-22", "--long=27", "-q"]),
            ("brotli 11 large window", "brotli", ["-q", "11", "--large_window=30"]),
        })
        {
            if (IsInstalled(program))
            {
                string[] memory = program switch { "zstd" => ["--long=27"], "brotli" => ["--large_window=30"], _ => [] };
                yield return new MeasuredCompressor(name, (from, to, stop) => RunProgram(program, [.. options, "-c", from], to, null, stop), (from, to, stop) => RunProgram(program, ["-d", .. memory, "-c"], to, from, stop));
            }
        }
    }

    private static MeasuredCompressor Own(string name, CompressionProfile profile) => new(
        name,
        (from, to, stop) => Copy(from, to, (input, output) => Compressor.CompressAsync(input, output, new CompressionOptions { Profile = profile }, null, stop).GetAwaiter().GetResult()),
        (from, to, stop) => Copy(from, to, (input, output) => Compressor.DecompressAsync(input, output, null, null, stop).GetAwaiter().GetResult()));

    private static MeasuredCompressor Framework(string name, Func<Stream, Stream> compress, Func<Stream, Stream> decompress) => new(
        name,
        (from, to, _) => Copy(from, to, (input, output) =>
        {
            using Stream stream = compress(output);
            input.CopyTo(stream, CopyBytes);
        }),
        (from, to, _) => Copy(from, to, (input, output) =>
        {
            using Stream stream = decompress(input);
            stream.CopyTo(output, CopyBytes);
        }));

    private static long Copy(string from, string to, Action<Stream, Stream> copy)
    {
        using FileStream input = File.OpenRead(from), output = File.Create(to);
        copy(input, output);
        return PeakMemory.Read();
    }

    private static long RunProgram(string program, string[] arguments, string to, string? from, CancellationToken stop)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        using CancellationTokenRegistration end = stop.Register(process.Kill);
        Task<long> memory = WatchAsync(process);
        Task input = FeedAsync(process, from);
        using (FileStream output = File.Create(to))
        {
            process.StandardOutput.BaseStream.CopyTo(output, CopyBytes);
        }

        process.WaitForExit();
        input.GetAwaiter().GetResult();
        stop.ThrowIfCancellationRequested();
        return process.ExitCode == 0 ? memory.GetAwaiter().GetResult() : throw new InputException($"'{program} {string.Join(' ', arguments)}' ended with exit code {process.ExitCode}");
    }

    private static async Task FeedAsync(Process process, string? from)
    {
        await using Stream input = process.StandardInput.BaseStream;
        if (from is not null)
        {
            await using FileStream file = File.OpenRead(from);
            await file.CopyToAsync(input, CopyBytes).ConfigureAwait(false);
        }
    }

    /// <summary>Polls the peak memory of another process while it runs; its last milliseconds may be missed.</summary>
    private static async Task<long> WatchAsync(Process process)
    {
        long peak = 0;
        try
        {
            while (!process.HasExited)
            {
                process.Refresh();
                peak = Math.Max(peak, process.PeakWorkingSet64);
                await Task.Delay(5).ConfigureAwait(false);
            }
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }

        return peak;
    }

    private static bool IsInstalled(string program)
    {
        try
        {
            using Process? process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true });
            process?.StandardInput.Close();
            process?.StandardOutput.ReadToEnd();
            process?.WaitForExit();
            return process is { ExitCode: 0 };
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
