using System.Text;
using TransformerXL.Inference.Watching;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Inference.Watching;

public sealed class GrowingFileStreamTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_appended_is_read_as_it_comes()
    {
        string path = _folder.Write("log", "one\n");
        using GrowingFileStream stream = new(path);
        Assert.Equal("one\n", await ReadAsync(stream, 4));
        File.AppendAllText(path, "two\n");
        Assert.Equal("two\n", await ReadAsync(stream, 4));
    }

    [Fact]
    public async Task A_rotated_file_is_read_to_its_end_and_then_the_new_one()
    {
        string path = _folder.Write("log", "old\n");
        using GrowingFileStream stream = new(path);
        Assert.Equal("old\n", await ReadAsync(stream, 4));
        File.AppendAllText(path, "more\n");
        File.Move(path, _folder["log.1"]);
        File.WriteAllText(path, "new one, longer than the old one\n");
        Assert.Equal("more\nnew one", await ReadAsync(stream, 12));
    }

    [Fact]
    public async Task An_open_line_is_ended_where_the_file_is_rotated_or_truncated()
    {
        string path = _folder.Write("log", "open line");
        using GrowingFileStream stream = new(path);
        Assert.Equal("open line", await ReadAsync(stream, 9));
        File.Move(path, _folder["log.1"]);
        File.WriteAllText(path, "second");
        Assert.Equal("\nsecond", await ReadAsync(stream, 7));
        using (FileStream writer = new(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite))
        {
            writer.Write("abc"u8);
        }

        Assert.Equal("\nabc", await ReadAsync(stream, 4));
    }

    [Fact]
    public async Task A_file_that_vanished_is_awaited_and_waiting_can_be_ended()
    {
        string path = _folder.Write("log", "one\n");
        using GrowingFileStream stream = new(path);
        Assert.Equal("one\n", await ReadAsync(stream, 4));
        File.Delete(path);
        using CancellationTokenSource stop = new();
        Task<int> waiting = stream.ReadAsync(new byte[9], stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        File.WriteAllText(path, "back\n");
        Assert.Equal("back\n", await ReadAsync(stream, 5));
    }

    [Fact]
    public void A_file_that_is_missing_at_the_beginning_is_an_error() => Assert.Throws<FileNotFoundException>(() => new GrowingFileStream(_folder["missing"]));

    private static async Task<string> ReadAsync(GrowingFileStream stream, int count)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, limit.Token);
        return Encoding.UTF8.GetString(bytes);
    }
}
