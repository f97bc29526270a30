using TransformerXL.Files;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Compression;

public sealed class AtomicEntriesTests : IDisposable
{
    private const string Stale = ".0123456789abcdef.txl-tmp";

    private readonly TemporaryFolder _folder = new();

    private string Target => _folder["target"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_and_folders_are_moved_and_nothing_else_stays()
    {
        using (AtomicEntries entries = new(Target))
        {
            Write(entries.Staging, "a.txt");
            Write(entries.Staging, "sub/b.txt");
            entries.Place();
        }

        Assert.Equal(["a.txt", "sub/b.txt"], Contents());
    }

    [Fact]
    public void Entries_that_are_not_placed_are_removed_and_so_is_a_new_folder()
    {
        using (AtomicEntries entries = new(Target))
        {
            Write(entries.Staging, "a.txt");
        }

        Assert.False(Directory.Exists(Target));
        Directory.CreateDirectory(Target);
        new AtomicEntries(Target).Dispose();
        Assert.Empty(Contents());
    }

    [Fact]
    public void Nothing_is_moved_if_a_name_exists_already()
    {
        Write(Target, "b.txt");
        using (AtomicEntries entries = new(Target))
        {
            Write(entries.Staging, "a.txt");
            Write(entries.Staging, "b.txt");
            Assert.Contains("b.txt' exists already", Assert.Throws<InputException>(entries.Place).Message, StringComparison.Ordinal);
        }

        Assert.Equal(["b.txt"], Contents());
    }

    [Fact]
    public void The_next_use_moves_the_rest_of_a_killed_placement()
    {
        Write(Target, "a.txt");
        Write(Target, $"{Stale}/entries/b.txt");
        Write(Target, $"{Stale}/complete");
        using (new AtomicEntries(Target))
        {
        }

        Assert.Equal(["a.txt", "b.txt"], Contents());
    }

    [Fact]
    public void The_next_use_removes_what_was_killed_while_it_was_written()
    {
        Write(Target, $"{Stale}/entries/b.txt");
        using (new AtomicEntries(Target))
        {
        }

        Assert.Empty(Contents());
    }

    [Fact]
    public void What_another_writer_is_writing_stays()
    {
        using AtomicEntries first = new(Target);
        Write(first.Staging, "a.txt");
        using (AtomicEntries second = new(Target))
        {
            Write(second.Staging, "b.txt");
            second.Place();
        }

        first.Place();
        Assert.Equal(["a.txt", "b.txt"], Contents().Where(name => !name.Contains(".txl-tmp", StringComparison.Ordinal)));
    }

    private static void Write(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, name);
    }

    private string[] Contents() =>
    [
        .. Directory.EnumerateFiles(Target, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Select(path => Path.GetRelativePath(Target, path).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];
}
