using System.CommandLine;
using System.Globalization;
using TransformerXL.Cli.Bench;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl bench compress</c>: how this program's compressor compares with others on given files.</summary>
internal sealed class BenchCompressCommand(Terminal terminal)
{
    private readonly Argument<string[]> _files = new("FILE") { Description = "File to compress and restore; nothing is written beside it.", Arity = new ArgumentArity(1, 100_000) };
    private readonly Option<bool> _best = NewOption.Flag("--best", "Measure the slow profile too.");
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print a line of JSON for each measurement.");

    public Command Create()
    {
        Command command = new("compress", "Compare 'txl compress' with gzip, brotli and installed programs (bzip2, xz, zstd, brotli).") { _files, _best, _json };
        command.SetAction((result, stop) => Task.Run(() => Run(result, stop), stop));
        return command;
    }

    private int Run(ParseResult result, CancellationToken stop)
    {
        foreach (string file in result.GetRequiredValue(_files))
        {
            if (!File.Exists(file))
            {
                throw new InputException($"'{file}' is no file");
            }

            RegularFile.Require(file);

            FittingTable table = new(["compressor", "bytes", "bits/byte", "compress", "decompress", "memory"]);
            using StatusLine status = new(terminal);
            foreach (MeasuredCompressor compressor in MeasuredCompressor.All(result.GetValue(_best)))
            {
                stop.ThrowIfCancellationRequested();
                status.Show($"{compressor.Name}: {file}");
                CompressorBench.Result measured = CompressorBench.Measure(compressor, file, stop);
                status.Clear();
                if (result.GetValue(_json))
                {
                    WriteJson(file, measured);
                    continue;
                }

                table.AddRow(
                [
                    measured.Name, Figures.Count(measured.CompressedBytes), measured.BitsPerByte.ToString("0.000", CultureInfo.InvariantCulture), Figures.Duration(measured.CompressSeconds),
                    Figures.Duration(measured.DecompressSeconds), Figures.Bytes(measured.MemoryBytes),
                ]);
            }

            if (!result.GetValue(_json))
            {
                terminal.Out.WriteLine($"{file}: {Figures.Count(new FileInfo(file).Length)} bytes");
                terminal.Out.Flush();
                terminal.OutConsole.Write(table);
            }
        }

        return ExitCode.Ok;
    }

    private void WriteJson(string file, CompressorBench.Result measured)
    {
        new JsonLines(terminal.Out, flush: true).Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("file", file);
            json.WriteString("compressor", measured.Name);
            json.WriteNumber("plain_bytes", measured.PlainBytes);
            json.WriteNumber("compressed_bytes", measured.CompressedBytes);
            json.WriteNumber("bits_per_byte", measured.BitsPerByte);
            json.WriteNumber("compress_seconds", measured.CompressSeconds);
            json.WriteNumber("decompress_seconds", measured.DecompressSeconds);
            json.WriteNumber("memory_bytes", measured.MemoryBytes);
            json.WriteEndObject();
        });
    }
}
