using System.Text;
using TransformerXL.Compression;
using TransformerXL.Compression.Archives;
using TransformerXL.Compression.Container;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Compression;

public sealed class FileArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> UnsafeNames => ["../out", "/etc/x", "a/../../out", "", "a//b", ".", "a/.", "a\0b", "a/"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_name_that_is_not_UTF_8_is_refused_with_the_reason()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        await ShellAsync("mkdir \"$1\" && : > \"$1/$(printf 'b\\377').bin\"");
        using MemoryStream output = new();
        InputException exception = await Assert.ThrowsAsync<InputException>(() => FileArchive.CompressAsync([_folder["docs"]], output));
        Assert.Contains("holds a name that is not UTF-8", exception.Message, StringComparison.Ordinal);
        await ShellAsync("rm -r \"$1\"");

        async Task ShellAsync(string script)
        {
            using System.Diagnostics.Process shell = System.Diagnostics.Process.Start("/bin/sh", ["-c", script, "sh", _folder["docs"]]);
            await shell.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_file_that_has_grown_is_stored_with_its_length_at_the_beginning_and_one_that_was_cut_is_refused()
    {
        string log = _folder.Write("log", "12345"), empty = _folder.Write("empty", "");
        ArchiveSource source = ArchiveSource.Of([log]), sourceOfEmpty = ArchiveSource.Of([empty]);
        await File.AppendAllTextAsync(log, "678");
        await File.AppendAllTextAsync(empty, "6");
        byte[] archive = await ReadAsync(source);
        Assert.Equal(source.Length, archive.Length);
        Assert.Contains("12345\0", Encoding.ASCII.GetString(archive), StringComparison.Ordinal);
        Assert.Equal(sourceOfEmpty.Length, (await ReadAsync(sourceOfEmpty)).Length);
        await File.WriteAllTextAsync(log, "1");
        Assert.Contains("had 5 bytes and has 1 now", (await Assert.ThrowsAsync<InputException>(() => ReadAsync(source))).Message, StringComparison.Ordinal);

        static async Task<byte[]> ReadAsync(ArchiveSource source)
        {
            using MemoryStream archive = new();
            using ArchiveReadStream read = new(source);
            await read.CopyToAsync(archive);
            return archive.ToArray();
        }
    }

    [Fact]
    public async Task Files_and_folders_come_back_with_names_contents_and_times()
    {
        string file = _folder.Write("in/tree/b/äöü.txt", "hello");
        _folder.Write("in/tree/a.bin", Sample.Noise(3000));
        _folder.Write("in/tree/none", "");
        Directory.CreateDirectory(_folder["in/tree/empty"]);
        string single = _folder.Write("in/single", Sample.Text(500));
        DateTime time = new(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, time);
        using MemoryStream archive = new();
        CompressionResult compressed = await FileArchive.CompressAsync([_folder["in/tree"], single], archive);
        Assert.True(compressed.HoldsFiles);
        archive.Position = 0;
        await FileArchive.ExtractAsync(archive, _folder["out"]);
        Assert.Equal(Names(_folder["in"]), Names(_folder["out"]));
        Assert.Equal("hello", await File.ReadAllTextAsync(_folder["out/tree/b/äöü.txt"]));
        Assert.Equal(Sample.Noise(3000), await File.ReadAllBytesAsync(_folder["out/tree/a.bin"]));
        Assert.Equal(time, File.GetLastWriteTimeUtc(_folder["out/tree/b/äöü.txt"]));
    }

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public async Task A_name_that_leads_out_of_the_folder_is_refused_and_nothing_is_extracted(string name)
    {
        byte[] bytes = [.. Entry("fine", "1"), .. Entry(name, "2"), ArchiveEntry.End];
        Directory.CreateDirectory(_folder["safe/out"]);
        await Assert.ThrowsAsync<InputException>(() => ExtractAsync(bytes, _folder["safe/out"]));
        Assert.Empty(Names(_folder["safe/out"]));
        Assert.Equal(["out"], Names(_folder["safe"]));
    }

    [Fact]
    public async Task A_file_that_exists_is_not_replaced()
    {
        _folder.Write("out/kept", "old");
        byte[] bytes = [.. Entry("new", "1"), .. Entry("kept", "2"), ArchiveEntry.End];
        InputException exception = await Assert.ThrowsAsync<InputException>(() => ExtractAsync(bytes, _folder["out"]));
        Assert.Contains("exists already", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["kept"], Names(_folder["out"]));
        Assert.Equal("old", await File.ReadAllTextAsync(_folder["out/kept"]));
    }

    [Fact]
    public async Task A_name_that_stands_twice_or_below_a_file_is_refused()
    {
        await Assert.ThrowsAsync<InputException>(() => ExtractAsync([.. Entry("a", "1"), .. Entry("a", "2"), ArchiveEntry.End], _folder["out"]));
        await Assert.ThrowsAsync<InputException>(() => ExtractAsync([.. Entry("a", "1"), .. Entry("a/b", "2"), ArchiveEntry.End], _folder["out"]));
        Assert.Empty(Names(_folder["out"]));
    }

    [Fact]
    public async Task A_link_to_a_folder_is_refused_by_name()
    {
        Directory.CreateDirectory(_folder["in/tree"]);
        Directory.CreateSymbolicLink(_folder["in/tree/loop"], _folder["in"]);
        InputException exception = await Assert.ThrowsAsync<InputException>(() => FileArchive.CompressAsync([_folder["in/tree"]], Stream.Null));
        Assert.Contains("loop", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recovery_extracts_whole_files_only()
    {
        _folder.Write("in/first", Sample.Noise(1_500_000));
        _folder.Write("in/second", Sample.Noise(1_500_000));
        using MemoryStream archive = new();
        await FileArchive.CompressAsync([_folder["in/first"], _folder["in/second"]], archive);
        byte[] cut = archive.ToArray()[..2_500_000];
        await Assert.ThrowsAsync<InputException>(() => FileArchive.ExtractAsync(new MemoryStream(cut), _folder["out"]));
        Assert.Empty(Names(_folder["out"]));
        CompressionResult result = await FileArchive.ExtractAsync(new MemoryStream(cut), _folder["out"], new DecompressionOptions { Recover = true });
        Assert.NotNull(result.Damage);
        Assert.Equal(["first"], Names(_folder["out"]));
        Assert.Equal(Sample.Noise(1_500_000), await File.ReadAllBytesAsync(_folder["out/first"]));
    }

    private static byte[] Entry(string name, string content)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        return [.. new ArchiveEntry(name, false, false, 1, bytes.Length).ToBytes(), .. bytes];
    }

    private static async Task ExtractAsync(byte[] archive, string folder)
    {
        using MemoryStream input = new(archive), file = new();
        await Compressor.CompressAsync(input, file, ContentKind.Files, archive.Length, new CompressionOptions(), null, CancellationToken.None);
        file.Position = 0;
        await FileArchive.ExtractAsync(file, folder);
    }

    private static string[] Names(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal)] : [];
}
