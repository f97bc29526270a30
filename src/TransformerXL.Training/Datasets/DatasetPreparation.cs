using System.IO.Enumeration;
using TransformerXL.Files;

namespace TransformerXL.Training.Datasets;

/// <summary>Turns the public files of a data set into a folder with one file (or a folder of files) for each split and a <see cref="DatasetManifest"/>. No byte of text is changed.</summary>
public sealed class DatasetPreparation
{
    private const int BufferBytes = 1 << 17;
    private const string Shards = "train", ShardPrefix = "news.en-", WholeName = "whole.part", TextEnding = ".txt";

    /// <summary>Originals of other sizes may be larger than the known ones by at most this factor; a small archive must not fill a disk.</summary>
    private const int MaxTimes = 16;

    /// <summary>Bytes of an archive in addition to its text: names and directories.</summary>
    private const long ArchiveBytes = 1 << 24;

    private readonly KnownDataset _dataset;
    private readonly bool _anySize;
    private readonly IProgress<DatasetProgress>? _progress;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly Dictionary<string, (long Bytes, long Lines, int Files)> _found = [];
    private long _bytes;

    private DatasetPreparation(KnownDataset dataset, bool anySize, IProgress<DatasetProgress>? progress) =>
        (_dataset, _anySize, _progress) = (dataset, anySize, progress);

    /// <summary>Whether the preparation of a data set in a folder was interrupted, so that <see cref="Prepare"/> starts again there.</summary>
    public static bool IsUnfinished(string folder) => UnfinishedFolder.IsIn(folder);

    /// <summary>Whether a folder holds a data set completely, prepared from this original, so that <see cref="Prepare"/> has nothing to do.</summary>
    /// <param name="dataset">The data set.</param>
    /// <param name="from">Its archive, its folder, or its file.</param>
    /// <param name="to">The folder.</param>
    /// <param name="anySize">Whether originals of other sizes are accepted.</param>
    public static bool IsComplete(KnownDataset dataset, string from, string to, bool anySize)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentException.ThrowIfNullOrEmpty(from);
        ArgumentException.ThrowIfNullOrEmpty(to);
        return UnfinishedFolder.IsComplete(to, Request(dataset, from, anySize), DatasetManifest.FileName);
    }

    /// <summary>The maximum size in bytes of an archive of a data set, to bound a download of it (<see cref="FileDownload.MaxBytes"/>).</summary>
    /// <param name="dataset">The data set.</param>
    /// <param name="anySize">Whether originals of other sizes are accepted.</param>
    public static long MaxArchiveBytes(KnownDataset dataset, bool anySize)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return (dataset.MaxBytes * (anySize ? MaxTimes : 1)) + ArchiveBytes;
    }

    /// <summary>Prepares a data set.</summary>
    /// <param name="dataset">The data set.</param>
    /// <param name="from">Its archive, its folder, or its file.</param>
    /// <param name="to">The folder to write; it is created if it does not exist. If it holds this data set from this original already, nothing is written; another one is refused.</param>
    /// <param name="anySize">Whether originals of other sizes are accepted: a part of the data set, or another text in its layout.</param>
    /// <param name="progress">Reports after every piece of text.</param>
    /// <param name="cancellationToken">Stops the work; the folder is then not a prepared data set.</param>
    /// <returns>The manifest of the data set.</returns>
    /// <exception cref="InputException">A file is missing, damaged, or has another size than the original; the message names both sizes.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static DatasetManifest Prepare(
        KnownDataset dataset, string from, string to, bool anySize = false, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentException.ThrowIfNullOrEmpty(from);
        ArgumentException.ThrowIfNullOrEmpty(to);
        Require.Path(from);
        Require.Path(to);
        if (IsComplete(dataset, from, to, anySize))
        {
            return DatasetManifest.Read(to);
        }

        DatasetManifest.RequireNone(to);
        try
        {
            using UnfinishedFolder folder = UnfinishedFolder.Begin(to, name => MayStay(dataset, to, name), () => Erase(to));
            DatasetManifest manifest = new DatasetPreparation(dataset, anySize, progress).Run(from, to, cancellationToken);
            folder.Complete(Request(dataset, from, anySize));
            return manifest;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InputException($"{dataset.Name} cannot be prepared from '{from}' to '{to}': {exception.Message}", exception);
        }
    }

    /// <summary>A file with another size or time is another original.</summary>
    private static string Request(KnownDataset dataset, string from, bool anySize)
    {
        FileInfo file = new(from);
        return UnfinishedFolder.Request([dataset.Name, file.FullName, anySize, file.Exists ? file.Length : 0, file.Exists ? file.LastWriteTimeUtc.Ticks : 0]);
    }

    /// <summary>Whether a file may already be in the folder: any file that is neither written nor read as a part of the data set.</summary>
    private static bool MayStay(KnownDataset dataset, string to, string name)
    {
        string shards = Path.Combine(to, Shards);
        Require.That(
            dataset.Layout != DatasetLayout.Shards || name != Shards || !Directory.Exists(shards) || !Directory.EnumerateFileSystemEntries(shards).Any(),
            $"{shards} holds files already, which would be used as training text; delete them or name another folder");
        return name != WholeName && !dataset.Splits.Any(split => name == split.Name + TextEnding);
    }

    /// <summary>Removes files that an interrupted preparation of any data set may have left.</summary>
    private static void Erase(string to)
    {
        string shards = Path.Combine(to, Shards);
        foreach (string file in (string[])[DatasetManifest.FileName, WholeName, "train.txt", "valid.txt", "test.txt"])
        {
            File.Delete(Path.Combine(to, file));
        }

        if (Directory.Exists(shards))
        {
            foreach (string file in Directory.GetFiles(shards, ShardPrefix + "*" + TextEnding))
            {
                File.Delete(file);
            }

            if (!Directory.EnumerateFileSystemEntries(shards).Any())
            {
                Directory.Delete(shards);
            }
        }
    }

    private DatasetManifest Run(string from, string to, CancellationToken cancellationToken)
    {
        if (_dataset.Layout == DatasetLayout.OneFile)
        {
            CutOne(from, to, cancellationToken);
        }
        else
        {
            CopyEach(from, to, cancellationToken);
        }

        foreach (DatasetSplit split in _dataset.Splits)
        {
            Check(split, from);
        }

        DatasetManifest manifest = new()
        {
            Name = _dataset.Name,
            Train = _dataset.Layout == DatasetLayout.Shards ? Shards : "train.txt",
            Validation = "valid.txt",
            Test = "test.txt",
            Vocabulary = _dataset.Vocabulary,
        };
        manifest.Write(to);
        return manifest;
    }

    /// <summary>One file that is split by bytes: at the known positions, or in the same proportions.</summary>
    private void CutOne(string from, string to, CancellationToken cancellationToken)
    {
        string name = _dataset.Files[0];
        long known = _dataset.Splits.Sum(split => split.Bytes!.Value);
        string whole = Path.Combine(to, WholeName);
        bool found = false;
        // A folder may hold other files; a file that the user named, or the only one in an archive, may have any name.
        bool many = Directory.Exists(from) || DatasetFiles.Of(from).Skip(1).Any();
        foreach (DatasetEntry entry in DatasetFiles.Of(from).Where(entry => !many || entry.Name == name))
        {
            Copy(entry, whole, "whole", known * (_anySize ? MaxTimes : 1), cancellationToken);
            found = true;
            break;
        }

        Require.That(found, $"'{from}' holds no file '{name}'");
        long length = _found["whole"].Bytes;
        Require.That(
            _anySize || length == known,
            $"{_dataset.Name} has {Text(known)} bytes, but {Text(length)} were found in '{from}'; is it complete? To use it as it is, allow other sizes",
            [new("anySize")]);
        Cut(whole, to, length, known, cancellationToken);
        File.Delete(whole);
    }

    private void Cut(string whole, string to, long length, long known, CancellationToken cancellationToken)
    {
        using FileStream source = File.OpenRead(whole);
        long begin = 0;
        foreach (DatasetSplit split in _dataset.Splits)
        {
            bool last = split == _dataset.Splits[^1];
            long count = last ? length - begin : (long)((decimal)length * split.Bytes!.Value / known);
            using FileStream target = File.Create(Path.Combine(to, split.Name + TextEnding));
            for (long left = count; left > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int read = source.ReadAtLeast(_buffer.AsSpan(0, (int)Math.Min(_buffer.Length, left)), 1);
                target.Write(_buffer, 0, read);
                left -= read;
            }

            DiskFlush.File(target);
            begin += count;
            _found[split.Name] = (count, 0, 1);
        }
    }

    private void CopyEach(string from, string to, CancellationToken cancellationToken)
    {
        foreach (DatasetEntry entry in DatasetFiles.Of(from))
        {
            int split = SplitOf(entry.Name);
            if (split < 0)
            {
                continue;
            }

            string name = _dataset.Splits[split].Name;
            long max = _dataset.MaxBytes * (_anySize ? MaxTimes : 1);
            Copy(entry, Path.Combine(to, FileOf(split, entry.Name)), name, max, cancellationToken);
        }
    }

    private int SplitOf(string name)
    {
        for (int i = 0; i < _dataset.Files.Count; i++)
        {
            if (FileSystemName.MatchesSimpleExpression(_dataset.Files[i], name, ignoreCase: false) && (_dataset.Layout != DatasetLayout.Shards || i > 0 || Shard(name) is not null))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The file to write; its name is built from the number in the name of the archive's entry, never from that name itself.</summary>
    private string FileOf(int split, string name)
    {
        if (_dataset.Layout != DatasetLayout.Shards || split > 0)
        {
            Require.That(!_found.ContainsKey(_dataset.Splits[split].Name), $"there are two files '{name}'; name the folder or archive that holds one of them");
            return _dataset.Splits[split].Name + TextEnding;
        }

        return Path.Combine(Shards, $"{ShardPrefix}{Shard(name):D5}-of-00100{TextEnding}");
    }

    private static int? Shard(string name) => int.TryParse(name.AsSpan(ShardPrefix.Length, 5), System.Globalization.NumberStyles.None, null, out int number) ? number : null;

    private void Copy(DatasetEntry entry, string path, string split, long max, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using Stream source = entry.Open();
        using FileStream target = File.Create(path);
        (long bytes, long lines, int files) = _found.GetValueOrDefault(split);
        byte last = (byte)'\n';
        int read;
        while ((read = source.Read(_buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            target.Write(_buffer, 0, read);
            bytes += read;
            lines += _buffer.AsSpan(0, read).Count((byte)'\n');
            last = _buffer[read - 1];
            _bytes += read;
            Require.That(bytes <= max, $"'{entry.Name}' has more than {Text(max)} bytes, more than {_dataset.Name} can have{(_anySize ? "" : "; other sizes must be allowed to take it")}", _anySize ? [] : [new InputRemedy("anySize")]);
            _progress?.Report(new DatasetProgress(entry.Name, _bytes));
        }

        DiskFlush.File(target);
        _found[split] = (bytes, lines + (last == '\n' ? 0 : 1), files + 1);
    }

    private void Check(DatasetSplit split, string from)
    {
        bool present = _found.TryGetValue(split.Name, out (long Bytes, long Lines, int Files) found);
        string files = _dataset.Layout == DatasetLayout.OneFile ? _dataset.Files[0] : _dataset.Files[_dataset.Splits.ToList().IndexOf(split)];
        Require.That(present, $"'{from}' holds no file '{files}' for the {split.Name} text of {_dataset.Name}");
        Require.That(found.Bytes > 0, $"the {split.Name} text of {_dataset.Name} in '{from}' is empty");
        (long? expected, long actual, string unit) = split.Bytes is not null ? (split.Bytes, found.Bytes, "bytes") : (split.Lines, found.Lines, "lines");
        Require.That(
            _anySize || expected == actual,
            $"the {split.Name} text of {_dataset.Name} has {Text(expected!.Value)} {unit}, but {Text(actual)} were found in {(found.Files == 1 ? "1 file" : $"{found.Files} files")} of '{from}'; is it complete? To use it as it is, allow other sizes",
            [new("anySize")]);
    }

    private static string Text(long value) => value.ToString("N0", System.Globalization.CultureInfo.InvariantCulture);
}
