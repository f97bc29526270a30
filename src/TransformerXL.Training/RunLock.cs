using TransformerXL.Files;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Training;

/// <summary>
/// Keeps other processes from training in the folder of a run, until it is disposed or the process ends, however that ends.
/// Whoever reads the state of a training to go on with it takes the lock before, so that no other process changes in between
/// what is read. Taking it also removes what a killed process has left half done.
/// </summary>
public sealed class RunLock : IDisposable
{
    private const int SharingViolation = unchecked((int)0x80070020), WouldBlockLinux = 11, WouldBlockBsd = 35, Attempts = 100;
    private const string Deleted = " (deleted)";

    private readonly FileStream _file;
    private readonly string? _place;
    private readonly NewRunFolder? _new;

    private RunLock(string folder, FileStream file, NewRunFolder? @new = null)
    {
        (Path, _file, _new) = (folder, file, @new);
        _place = PlaceOf(file);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Takes the lock of a folder, which is made where it is missing.</summary>
    /// <param name="path">The folder of a run, or of one that is to be made.</param>
    /// <exception cref="InputException">Another process trains there, or the folder cannot be written; the message says which.</exception>
    public static RunLock Take(string path)
    {
        string folder = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        Require.That(!File.Exists(folder), $"'{path}' is a file; name a folder");
        RunDirectory.RequireNoModel(path);
        NewRunFolder? begun = NewRunFolder.Find(folder);
        RunLock held = new(folder, Open(path, folder, RunFolders.Lock, "trains in it"), begun);
        RunLeftovers.Remove(held);
        return held;
    }

    /// <summary>Keeps other processes from averaging the checkpoints of a run at the same time; a training is not kept away.</summary>
    internal static RunLock TakeForAverage(string folder) => new(folder, Open(folder, folder, RunFolders.AverageLock, "averages its checkpoints"));

    /// <summary>Whether a process averages the checkpoints of a run at this moment.</summary>
    internal static bool IsHeldForAverage(string folder)
    {
        try
        {
            using RunLock? free = File.Exists(System.IO.Path.Combine(folder, RunFolders.AverageLock)) ? TakeForAverage(folder) : null;
            return false;
        }
        catch (InputException)
        {
            return true;
        }
    }

    /// <summary>Gives the lock back. Where no run has begun, the folder is then as it was before: without the lock, the tokens of a text that was refused, and the folder itself if it was made for them.</summary>
    public void Dispose()
    {
        if (_new is not null && _file.Length == 0 && IsInPlace())
        {
            _new.Restore();
        }

        _file.Dispose();
    }

    /// <summary>
    /// Notes in the locked file that a run begins here, before its first file is written. A configuration that a user has put into the
    /// folder can so be distinguished from that of a run that was killed immediately.
    /// </summary>
    internal void MarkBegun()
    {
        if (_file.Length == 0)
        {
            // A single byte: a kill leaves no part of it.
            _file.WriteByte((byte)'\n');
            _file.Flush();
        }
    }

    /// <summary>A file that this process keeps locked.</summary>
    internal string FileName => _file.Name;

    /// <summary>Throws if the folder is no longer where it was, so that nothing would be saved where it is looked for.</summary>
    /// <exception cref="InputException">The folder was moved or deleted.</exception>
    internal void RequireInPlace(long step) => Require.That(
        IsInPlace(),
        $"the folder {Path} of the run was moved or deleted while it trained, so that nothing can be saved at step {step}; where it is now, it continues from its last checkpoint");

    private bool IsInPlace() => File.Exists(_file.Name) && PlaceOf(_file) == _place;

    private static FileStream Open(string shown, string folder, string fileName, string use)
    {
        string name = System.IO.Path.Combine(folder, fileName);
        try
        {
            for (int attempt = 0; attempt < Attempts; attempt++)
            {
                NewFolder.Create(folder);
                FileStream file = new(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
                if (File.Exists(name) && PlaceOf(file)?.EndsWith(Deleted, StringComparison.Ordinal) != true)
                {
                    return file;
                }

                // Its last holder removed the file in the instant between its opening and its lock.
                file.Dispose();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                exception.HResult is SharingViolation or WouldBlockLinux or WouldBlockBsd && exception is IOException
                    ? $"{shown} is in use: another process {use}"
                    : $"{shown} cannot be written: {FileFault.Reason(exception)}",
                exception);
        }

        throw new InputException($"{shown} cannot be locked: other processes keep removing {name}");
    }

    /// <summary>Where an open file lies now, if the system reports it; otherwise null.</summary>
    private static string? PlaceOf(FileStream file)
    {
        try
        {
            return OperatingSystem.IsLinux() ? new FileInfo($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}").LinkTarget : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
