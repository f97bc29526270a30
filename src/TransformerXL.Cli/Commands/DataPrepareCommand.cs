using System.CommandLine;
using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Text;
using TransformerXL.Training.Datasets;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl data prepare</c>: converts the files of a public archive to a folder for training.</summary>
internal sealed class DataPrepareCommand(Terminal terminal) : ICommandDefinition
{
    private const string ArchiveName = "download";

    private readonly Argument<string> _name = new("NAME") { Description = "Data set; 'txl data list' shows all." };
    private readonly Option<string?> _from = NewOption.Text("--from", "PATH", "Archive (zip, tar, gzip), or the unpacked folder or file.");
    private readonly Option<string?> _url = NewOption.Text("--url", "URL", "Address to download the archive from; continues an interrupted download.");
    private readonly Option<string?> _sha256 = NewOption.Text("--sha256", "HEX", "Expected SHA-256 checksum of the download; with --url.");
    private readonly Option<string?> _to = NewOption.Text("--to", "DIR", "Folder to write; created if missing.");
    private readonly Option<bool> _anySize = NewOption.Flag("--allow-other-size", "Accept files whose sizes differ from the originals.");

    public Command Create()
    {
        _name.CompletionSources.Add([.. KnownDataset.All.Select(dataset => dataset.Name)]);
        Command command = new("prepare", "Prepare a public data set for 'txl train --data DIR', with its splits and vocabulary.") { _name, _from, _url, _sha256, _to, _anySize };
        _name.Validators.Add(result =>
        {
            try
            {
                _ = KnownDataset.Find(result.Tokens[0].Value);
            }
            catch (InputException unknown)
            {
                result.AddError(unknown.Message);
            }
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(_from) is null == result.GetResult(_url) is null)
            {
                result.AddError("name the original once: --from PATH, or --url URL to fetch it");
            }

            if (result.GetResult(_sha256) is not null && result.GetResult(_url) is null)
            {
                result.AddError("--sha256 is for an archive that is fetched with --url");
            }

            if (result.GetResult(_to) is null)
            {
                result.AddError("name the folder to write: --to DIR");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        KnownDataset dataset = KnownDataset.Find(result.GetRequiredValue(_name));
        string to = result.GetValue(_to)!;
        bool anySize = result.GetValue(_anySize);
        string from = result.GetValue(_from) ?? Path.Combine(to, ArchiveName);
        if (!DatasetPreparation.IsComplete(dataset, from, to, anySize))
        {
            RequireFree(to);
            if (result.GetValue(_url) is { } url)
            {
                await FetchAsync(url, result.GetValue(_sha256), from, DatasetPreparation.MaxArchiveBytes(dataset, anySize), stop).ConfigureAwait(false);
            }
        }

        DatasetManifest manifest;
        using (StatusLine status = new(terminal))
        {
            manifest = await Task.Run(() => DatasetPreparation.Prepare(dataset, from, to, anySize, new CopyStatus(status, dataset.Splits.Sum(split => split.Bytes ?? 0)), stop), stop).ConfigureAwait(false);
        }

        terminal.Out.WriteLine($"{manifest.Name} is ready in {to}: {manifest.Train}, {manifest.Validation}, {manifest.Test}, read by {VocabularyKinds.NameOf(manifest.Vocabulary.Kind)}");
        Hint.Write(terminal, "", $"train --data {ProgramCall.Quote(to)} --out RUN");
        return ExitCode.Ok;
    }

    /// <summary>The folder may hold an earlier download and the files of an interrupted attempt, but no files that would be overwritten.</summary>
    private static void RequireFree(string folder)
    {
        if (DatasetPreparation.IsUnfinished(folder))
        {
            return;
        }

        DatasetManifest.RequireNone(folder);
        string[] names = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file))] : [];
        ExistingFiles.RequireNothingElse(folder, [.. names.Where(name => name.TrimStart('.').StartsWith(ArchiveName, StringComparison.Ordinal))]);
    }

    /// <summary>Downloads the archive into the target folder, where another attempt can resume it.</summary>
    private async Task FetchAsync(string url, string? sha256, string path, long maxBytes, CancellationToken stop)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address))
        {
            throw new InputException($"--url {url} is not an address that begins with http:// or https://");
        }

        string folder = Path.GetDirectoryName(path)!;
        try
        {
            NewFolder.Create(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{folder}' cannot be written: {FileFault.Reason(exception)}", exception);
        }

        if (File.Exists(path))
        {
            terminal.Notes.WriteLine($"txl: using the earlier download: {path}");
            File.Delete(path + ".part.json");
            if (sha256 is not null)
            {
                await FileDownload.VerifyAsync(path, sha256, stop).ConfigureAwait(false);
            }
        }
        else
        {
            using HttpClient client = new();
            using StatusLine status = new(terminal);
            await new FileDownload(client, terminal.Clock) { MaxBytes = maxBytes, Retries = new RetryNotes(terminal, status) }.RunAsync(address, path, sha256, new FetchStatus(status), stop).ConfigureAwait(false);
            terminal.Notes.WriteLine($"txl: fetched {Figures.Bytes(new FileInfo(path).Length)} to {path}");
        }
    }

    private sealed class CopyStatus(StatusLine line, long total) : IProgress<DatasetProgress>
    {
        private readonly WorkProgress _progress = new(line);

        public void Report(DatasetProgress value) => _progress.Show("copying the text", value.Bytes, total, "byte");
    }

    /// <summary>Without it, a server that refuses connections looks like a program that does nothing.</summary>
    private sealed class RetryNotes(Terminal terminal, StatusLine line) : IProgress<DownloadRetry>
    {
        public void Report(DownloadRetry value)
        {
            line.Clear();
            terminal.Notes.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"txl: the download failed: {InputText.Show(value.Reason, max: 240)}; attempt {value.Attempt} of {value.MaxAttempts} follows in {value.Pause.TotalSeconds:0.#} s"));
        }
    }

    private sealed class FetchStatus(StatusLine line) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => line.Show(
            $"fetching: {Figures.Bytes(value.Bytes)}"
            + (value.Total is { } total ? $" of {Figures.Bytes(total)}" : "")
            + (value.SecondsLeft is { } left ? $", {Figures.Time(TimeSpan.FromSeconds(Math.Min(left, 1e8)))} left" : ""));
    }
}
