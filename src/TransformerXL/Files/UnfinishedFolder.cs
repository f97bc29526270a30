using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TransformerXL.Files;

/// <summary>
/// A folder that is being filled in place. A marker file in it, locked as long as the process lives, shows that the
/// contents are incomplete: after a kill the marker stays, and the same command then starts again. A complete folder holds
/// a hash of the request that filled it, so that the same command, given again, finds its work done.
/// </summary>
internal sealed class UnfinishedFolder : IDisposable
{
    private const string Mark = ".txl-unfinished", Done = ".txl-complete";
    private const int HashLength = 64;
    private const int SharingViolation = unchecked((int)0x80070020), WouldBlockLinux = 11, WouldBlockBsd = 35;

    private readonly FileStream _mark;
    private readonly string _folder;
    private readonly Action _erase;
    private readonly bool _madeFolder;
    private bool _isComplete;

    private UnfinishedFolder(string folder, FileStream mark, Action erase, bool madeFolder) => (_folder, _mark, _erase, _madeFolder) = (folder, mark, erase, madeFolder);

    /// <summary>A hash of everything that the contents of a folder depend on.</summary>
    public static string Request(params IEnumerable<object> settings) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\0', settings.Select(setting => Convert.ToString(setting, CultureInfo.InvariantCulture))))));

    /// <summary>Whether a folder was filled completely by this request, and still holds what it wrote.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="request">The hash of <see cref="Request"/>.</param>
    /// <param name="files">The files and folders that were written.</param>
    public static bool IsComplete(string folder, string request, params IEnumerable<string> files)
    {
        string done = Path.Combine(folder, Done);
        return !IsIn(folder) && new FileInfo(done) is { Exists: true, Length: HashLength } && File.ReadAllText(done) == request && files.All(file => Path.Exists(Path.Combine(folder, file)));
    }

    /// <summary>Whether an attempt to fill a folder was interrupted, or is running in another process.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, Mark));

    /// <summary>Starts to fill a folder, or starts again after an interrupted attempt.</summary>
    /// <param name="folder">The folder; it is created if it does not exist.</param>
    /// <param name="mayStay">Whether a file or folder with this name may already exist.</param>
    /// <param name="erase">Removes everything that an attempt may have left.</param>
    /// <exception cref="InputException">The folder holds something else, or another process fills it.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static UnfinishedFolder Begin(string folder, Func<string, bool> mayStay, Action erase)
    {
        Require.That(!File.Exists(folder), $"'{folder}' is a file; name a folder");
        string name = Path.Combine(folder, Mark);
        bool made = !Directory.Exists(folder), goesOn = File.Exists(name);
        if (!goesOn && !made)
        {
            string? other = Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).FirstOrDefault(entry => entry != Done && !mayStay(entry!));
            Require.That(other is null, $"'{folder}' holds '{other}' already; name a new or an empty folder");
        }

        NewFolder.Create(folder);
        UnfinishedFolder begun = new(folder, Open(folder, name), erase, made);
        try
        {
            File.Delete(Path.Combine(folder, Done));
            erase();
            AtomicFile.RemoveAllStale(folder, name);
            return begun;
        }
        catch
        {
            begun._mark.Dispose();
            throw;
        }
    }

    /// <summary>Marks the folder as filled by a request.</summary>
    /// <param name="request">The hash of <see cref="Request"/>.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Complete(string request)
    {
        AtomicFile.Write(Path.Combine(_folder, Done), stream => stream.Write(Encoding.UTF8.GetBytes(request)));
        DiskFlush.Folder(_folder);
        _isComplete = true;
        File.Delete(_mark.Name);
    }

    /// <summary>Ends the attempt; an incomplete one leaves nothing.</summary>
    public void Dispose()
    {
        try
        {
            if (!_isComplete)
            {
                File.Delete(Path.Combine(_folder, Done));
                _erase();
                File.Delete(_mark.Name);
                if (_madeFolder && !Directory.EnumerateFileSystemEntries(_folder).Any())
                {
                    Directory.Delete(_folder);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The marker stays, and the same command removes the rest later.
        }

        _mark.Dispose();
    }

    private static FileStream Open(string folder, string name)
    {
        try
        {
            return new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException exception) when (exception.HResult is SharingViolation or WouldBlockLinux or WouldBlockBsd)
        {
            throw new InputException($"'{folder}' is in use: another process fills it", exception);
        }
    }
}
