using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace TransformerXL.Files;

/// <summary>
/// Replaces a whole file or nothing: the new content goes to a temporary file in the same folder, is flushed to
/// disk, and is renamed over the target. A reader of the target, even after a kill or a power cut at any instant,
/// finds the complete old or the complete new content.
/// </summary>
internal static class AtomicFile
{
    private const string TemporarySuffix = ".txl-tmp";
    private const int CreationAttempts = 8;
    private const int BufferSize = 1 << 16;

    /// <summary>
    /// Held while stale files are looked for, and while a finished file gets its name and loses its lock. Otherwise a look could open a temporary file
    /// before it is renamed, lock it exclusively after its writer has let go, and turn a reader of the target away for an instant.
    /// </summary>
    private static readonly Lock s_looking = new();

    // Names that begin with a dot count as hidden.
    private static readonly EnumerationOptions s_hiddenToo = new() { AttributesToSkip = FileAttributes.None };

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>
    /// Writes a file atomically: <paramref name="path"/> gets everything that <paramref name="write"/> writes to the stream, or does not change. A device or a pipe is
    /// written into.
    /// </summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="write">Writes the content; it may seek, and must leave the stream open.</param>
    /// <exception cref="InputException">The folder is missing, or nothing can be written there.</exception>
    /// <exception cref="IOException">The disk failed or is full; the target is unchanged, or, if only the flush of the folder failed, new.</exception>
    public static void Write(string path, Action<Stream> write) => WriteAll(path, write, overwrite: true);

    /// <summary>Writes a file that does not exist yet, all or nothing.</summary>
    /// <returns>False if it exists, even if another process created it in the meantime; nothing is changed then.</returns>
    internal static bool WriteNew(string path, Action<Stream> write) => WriteAll(path, write, overwrite: false);

    private static bool WriteAll(string path, Action<Stream> write, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        Require.Path(path);
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
        {
            throw new InputException($"'{path}' is a folder: a file cannot be written in its place");
        }

        if (overwrite && RegularFile.IsDeviceOrPipe(target))
        {
            WriteInto(target, path, write);
            return true;
        }

        FileStream stream = CreateTemporary(target, path);
        string temporary = stream.Name;
        try
        {
            using (stream)
            {
                RemoveStaleOf(target, temporary);
                write(stream);
                if (!stream.CanWrite)
                {
                    throw new InvalidOperationException($"The stream for '{path}' was closed by its writer, so its content cannot be flushed to disk.");
                }

                DiskFlush.File(stream);

                lock (s_looking)
                {
                    // Renamed while still open: the lock that says "a live process writes this" ends only when the
                    // temporary name no longer exists.
                    if (overwrite)
                    {
                        File.Move(temporary, target, overwrite: true);
                    }
                    else if (!HardLink.TryMoveNew(temporary, target))
                    {
                        TryDelete(temporary);
                        return false;
                    }

                    stream.Dispose();
                }
            }
        }
        catch (Exception fault)
        {
            TryDelete(temporary);
            if (fault is IOException cause and not FileWriteException && cause.Message.Contains(temporary, StringComparison.Ordinal))
            {
                throw new FileWriteException(path, cause);
            }

            throw;
        }

        DiskFlush.Folder(Path.GetDirectoryName(target)!);
        return true;
    }

    private static void WriteInto(string target, string shownPath, Action<Stream> write)
    {
        try
        {
            using FileStream stream = new(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, BufferSize);
            write(stream);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new InputException($"'{shownPath}' cannot be written: {FileFault.Reason(fault)}", fault);
        }
    }

    /// <summary>Writes <paramref name="text"/> as UTF-8 without a byte order mark to <paramref name="path"/>, all or nothing.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    public static void WriteText(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Write(path, stream => stream.Write(bytes));
    }

    /// <summary>A temporary file of this process alone, removed with those that a killed process left for the same target. The caller deletes it.</summary>
    /// <param name="target">What the file is for: its folder and the beginning of its name.</param>
    internal static FileStream CreateTemporary(string target)
    {
        target = Path.GetFullPath(target);
        FileStream stream = CreateTemporary(target, target);
        RemoveStaleOf(target, stream.Name);
        return stream;
    }

    private static FileStream CreateTemporary(string target, string shownPath)
    {
        for (int attempt = 1; ; attempt++)
        {
            string temporary = TemporaryName(target);
            try
            {
                // Sharing for reading takes a shared advisory lock on Unix for as long as the stream is open: it ends
                // with the process, however that ends, and prevents RemoveStale of other writers from deleting the file.
                var stream = new FileStream(
                    temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, BufferSize);
                if (File.Exists(stream.Name))
                {
                    return stream;
                }

                // Another writer considered the file stale between its creation and its lock.
                stream.Dispose();
            }
            catch (Exception fault) when (fault is DirectoryNotFoundException or UnauthorizedAccessException or PathTooLongException)
            {
                throw new InputException($"'{shownPath}' cannot be written: {FileFault.Reason(fault, shownPath)}", fault);
            }
            catch (FileNotFoundException fault)
            {
                // The folder exists; file systems such as /proc answer that there is no such entry.
                throw new InputException($"'{shownPath}' cannot be written: the file system at '{Path.GetDirectoryName(target)}' does not allow new files", fault);
            }
            catch (IOException) when (attempt < CreationAttempts)
            {
            }
            catch (IOException fault)
            {
                throw new InputException($"'{shownPath}' cannot be written: {FileFault.Reason(fault)}", fault);
            }

            if (attempt >= CreationAttempts)
            {
                throw new IOException($"no temporary file can be created beside '{shownPath}'");
            }
        }
    }

    private static string TemporaryName(string target)
    {
        return Path.Combine(Path.GetDirectoryName(target)!, TemporaryPrefix(target) + RandomBits.Name() + TemporarySuffix);
    }

    /// <summary>A name that is too long with what is added to it is replaced by its hash; one that is too long by itself stays, so that the file cannot be created.</summary>
    private static string TemporaryPrefix(string target)
    {
        const int MaxBytes = 255, Dots = 2;
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(target));
        return name.Length > MaxBytes || name.Length + Dots + RandomBits.Digits + TemporarySuffix.Length <= MaxBytes ? $".{Path.GetFileName(target)}." : $".{Convert.ToHexStringLower(SHA256.HashData(name))}.";
    }

    /// <summary>
    /// Removes temporary files that killed processes left for the same target. Process ids cannot identify them: they are reused (a
    /// container's process is always number 1) and mean nothing in a shared folder. A lock can; if the file
    /// system has no locks, nothing is removed.
    /// </summary>
    private static void RemoveStaleOf(string target, string own)
    {
        lock (s_looking)
        {
            RemoveStale(Path.GetDirectoryName(target)!, TemporaryPrefix(target), own);
        }
    }

    /// <summary>Removes temporary files that killed processes left in a folder, for any target.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="held">A file that this process keeps open and locked, to test whether the file system supports locks.</param>
    internal static void RemoveAllStale(string folder, string held)
    {
        lock (s_looking)
        {
            RemoveStale(folder, null, held);
        }
    }

    /// <param name="folder">The folder.</param>
    /// <param name="prefix">The prefix of the names of the temporary files; null for any.</param>
    /// <param name="held">A file that this process keeps locked.</param>
    private static void RemoveStale(string folder, string? prefix, string held)
    {
        bool? locksWork = null;
        try
        {
            foreach (string file in Directory.EnumerateFiles(folder, "*" + TemporarySuffix, s_hiddenToo))
            {
                if (file != held && IsTemporary(Path.GetFileName(file), prefix))
                {
                    locksWork ??= !TryWithLock(held, static _ => { });
                    if (locksWork == false)
                    {
                        return;
                    }

                    TryWithLock(file, static stale => File.Delete(stale));
                }
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // If the folder cannot be listed, its stale files stay; the write itself does not need the list.
        }
    }

    /// <summary>Whether a name is that of a temporary file: a dot, the name of the target, a dot, hexadecimal digits, and the suffix.</summary>
    internal static bool IsTemporary(string name, string? prefix)
    {
        int begin = name.Length - TemporarySuffix.Length - (RandomBits.Digits);
        return begin > 2
            && (prefix is null ? name[0] == '.' && name[begin - 1] == '.' : begin == prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal))
            && name.EndsWith(TemporarySuffix, StringComparison.Ordinal)
            && name.AsSpan(begin, RandomBits.Digits).IndexOfAnyExcept(HexDigits) < 0;
    }

    private static bool TryWithLock(string file, Action<string> action, FileAccess access = FileAccess.ReadWrite)
    {
        try
        {
            // FileShare.None excludes every other open handle; FileShare.Delete lets the holder itself delete the file on Windows.
            FileShare share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;
            using var exclusive = new FileStream(file, FileMode.Open, access, share, bufferSize: 0);
            action(file);
            return true;
        }
        catch (UnauthorizedAccessException) when (access == FileAccess.ReadWrite)
        {
            // A file that has its final mode already may be read only.
            return TryWithLock(file, action, FileAccess.Read);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The exception being thrown matters more; the next write to the target removes the file.
        }
    }
}
