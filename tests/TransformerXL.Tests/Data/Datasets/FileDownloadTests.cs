using System.Security.Cryptography;
using TransformerXL.Testing;
using TransformerXL.Training.Datasets;
using Xunit;

namespace TransformerXL.Tests.Data.Datasets;

public sealed class FileDownloadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new();
    private readonly byte[] _content = new byte[300_000];

    public FileDownloadTests() => new Random(3).NextBytes(_content);

    private string Target => _folder["file"];

    private string Sha256 => Convert.ToHexStringLower(SHA256.HashData(_content));

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_file_is_fetched_and_nothing_else_remains()
    {
        using LoopbackServer server = new(request => LoopbackServer.File(request, _content, "\"1\""));
        var progress = new Last();
        await Download().RunAsync(server.Url, Target, Sha256.ToUpperInvariant(), progress);
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target));
        Assert.Single(Directory.GetFiles(_folder.Path));
        Assert.Equal((_content.Length, _content.Length), (progress.Value.Bytes, progress.Value.Total));
    }

    [Fact]
    public async Task A_cut_connection_is_continued_where_it_broke()
    {
        int count = 0;
        using LoopbackServer server = new(request => LoopbackServer.File(request, _content, "\"1\"", count++ < 2 ? 100_000 : int.MaxValue));
        await Download().RunAsync(server.Url, Target, Sha256);
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target));
        Assert.Equal(3, server.Ranges.Count);
        Assert.Null(server.Ranges[0]);
        Assert.All(server.Ranges.Skip(1), range => Assert.StartsWith("bytes=", range, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_later_call_goes_on_with_what_an_earlier_one_left()
    {
        using (LoopbackServer server = new(request => LoopbackServer.File(request, _content, "\"1\"", 100_000)))
        {
            string error = (await Assert.ThrowsAsync<InputException>(() => Download(attempts: 1).RunAsync(server.Url, Target))).Message;
            Assert.Contains("the same command continues after", error, StringComparison.Ordinal);
            Assert.False(File.Exists(Target));
        }

        long kept = new FileInfo(Target + ".part").Length;
        Assert.InRange(kept, 1, 100_000);
        using LoopbackServer again = new(request => LoopbackServer.File(request, _content, "\"1\""));
        File.WriteAllText(Target + ".part.json", File.ReadAllText(Target + ".part.json").Replace(Mark(Target), again.Url.AbsoluteUri, StringComparison.Ordinal));
        await Download().RunAsync(again.Url, Target, Sha256);
        Assert.Equal([$"bytes={kept}-"], again.Ranges);
    }

    [Fact]
    public async Task A_stop_leaves_the_part_to_go_on_with()
    {
        using CancellationTokenSource stop = new();
        using LoopbackServer server = new(request => LoopbackServer.File(request, _content, "\"1\""));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Download().RunAsync(server.Url, Target, progress: new Stopper(stop), cancellationToken: stop.Token));
        Assert.True(new FileInfo(Target + ".part").Length > 0);
        await Download().RunAsync(server.Url, Target, Sha256);
    }

    [Fact]
    public async Task A_server_without_ranges_is_read_again_from_the_start()
    {
        int count = 0;
        using LoopbackServer server = new(_ => new LoopbackServer.Answer(200, ["ETag: \"1\""], _content, count++ == 0 ? 100_000 : int.MaxValue));
        await Download().RunAsync(server.Url, Target, Sha256);
        Assert.Equal(2, server.Ranges.Count);
    }

    [Fact]
    public async Task A_file_that_has_changed_is_read_again_from_the_start()
    {
        byte[] old = [.. _content.Reverse()];
        int count = 0;
        using LoopbackServer server = new(request =>
        {
            bool first = count++ == 0;
            return LoopbackServer.File(request, first ? old : _content, first ? "\"old\"" : "\"new\"", first ? 100_000 : int.MaxValue);
        });
        await Download().RunAsync(server.Url, Target, Sha256);
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task A_server_that_continues_at_another_place_is_not_believed()
    {
        int count = 0;
        using LoopbackServer server = new(request =>
        {
            if (count++ == 1)
            {
                return new LoopbackServer.Answer(206, [$"Content-Range: bytes 5-9/{_content.Length}"], _content[5..10]);
            }

            return LoopbackServer.File(request, _content, "\"1\"", count == 1 ? 100_000 : int.MaxValue);
        });
        await Download().RunAsync(server.Url, Target, Sha256);
        Assert.Equal(_content, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task A_part_without_a_mark_is_not_continued()
    {
        _folder.Write("file.part", "something else");
        using LoopbackServer server = new(request => LoopbackServer.File(request, _content, "\"1\""));
        await Download().RunAsync(server.Url, Target, Sha256);
        Assert.Equal([null], server.Ranges);
    }

    [Fact]
    public async Task A_wrong_checksum_is_told_and_the_file_goes()
    {
        using LoopbackServer server = new(request => LoopbackServer.File(request, _content, "\"1\""));
        string error = (await Assert.ThrowsAsync<InputException>(() => Download().RunAsync(server.Url, Target, new string('0', 64)))).Message;
        Assert.Contains($"has the SHA-256 {Sha256}, but 0000", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_missing_file_is_told_at_once()
    {
        using LoopbackServer server = new(_ => Status(404));
        string error = (await Assert.ThrowsAsync<InputException>(() => Download().RunAsync(server.Url, Target))).Message;
        Assert.Contains($"{server.Url} cannot be fetched: the server answers 404", error, StringComparison.Ordinal);
        Assert.Single(server.Ranges);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again()
    {
        int count = 0;
        using LoopbackServer server = new(request => count++ < 2 ? Status(503) : LoopbackServer.File(request, _content, "\"1\""));
        await Download().RunAsync(server.Url, Target, Sha256);
        Assert.Equal(3, server.Ranges.Count);
    }

    [Fact]
    public async Task A_server_that_stays_busy_is_given_up()
    {
        using LoopbackServer server = new(_ => Status(503));
        string error = (await Assert.ThrowsAsync<InputException>(() => Download().RunAsync(server.Url, Target))).Message;
        Assert.Contains("could not be fetched in 5 attempts: the server answers 503", error, StringComparison.Ordinal);
        Assert.Equal(5, server.Ranges.Count);
    }

    [Fact]
    public async Task Each_attempt_that_follows_a_failure_is_reported()
    {
        using LoopbackServer server = new(_ => Status(503));
        List<DownloadRetry> retries = [];
        FileDownload download = new(_client, TimeProvider.System) { MaxAttempts = 3, Pause = TimeSpan.FromTicks(1), Retries = new Collected(retries) };
        await Assert.ThrowsAsync<InputException>(() => download.RunAsync(server.Url, Target));
        Assert.Equal([(2, 3, 1L), (3, 3, 2L)], retries.Select(retry => (retry.Attempt, retry.MaxAttempts, retry.Pause.Ticks)));
        Assert.All(retries, retry => Assert.Contains("the server answers 503", retry.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_longer_than_any_known_is_refused_before_it_is_fetched()
    {
        using LoopbackServer server = new(request => LoopbackServer.File(request, _content, "\"1\""));
        string error = (await Assert.ThrowsAsync<InputException>(() => Download(maxBytes: 200_000).RunAsync(server.Url, Target))).Message;
        Assert.Contains("300000 bytes or more, but at most 200000 are expected", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_server_that_never_ends_is_cut_off_where_a_file_can_be_no_longer()
    {
        using EndlessServer server = new();
        await Assert.ThrowsAsync<InputException>(() => Download(maxBytes: 1 << 20).RunAsync(server.Url, Target));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_file_that_changes_with_each_request_is_given_up_after_few()
    {
        int count = 0;
        using LoopbackServer server = new(request => LoopbackServer.File(request, _content, $"\"{count}\"", 1_000 + (100 * count++)));
        string error = (await Assert.ThrowsAsync<InputException>(() => Download().RunAsync(server.Url, Target))).Message;
        Assert.Contains("could not be fetched in 5 attempts", error, StringComparison.Ordinal);
        Assert.Equal(5, server.Ranges.Count);
    }

    [Fact]
    public async Task Ranges_that_never_fit_are_given_up_after_few()
    {
        int count = 0;
        using LoopbackServer server = new(request => count++ % 2 == 0
            ? LoopbackServer.File(request with { Range = null }, _content, "\"1\"", 100_000 + count)
            : new LoopbackServer.Answer(206, [$"Content-Range: bytes 5-9/{_content.Length}"], _content[5..10]));
        await Assert.ThrowsAsync<InputException>(() => Download().RunAsync(server.Url, Target));
        Assert.InRange(server.Ranges.Count, 1, 10);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/file")]
    [InlineData("file:///etc/passwd")]
    [InlineData("mailto:nobody")]
    public async Task A_redirection_to_another_scheme_is_bad_input(string location)
    {
        using LoopbackServer server = new(_ => new LoopbackServer.Answer(302, [$"Location: {location}"], []));
        string error = (await Assert.ThrowsAsync<InputException>(() => Download().RunAsync(server.Url, Target))).Message;
        Assert.Contains($"{server.Url} cannot be fetched", error, StringComparison.Ordinal);
        Assert.Single(server.Ranges);
    }

    [Theory]
    [InlineData("ftp://localhost/x", null, "http://")]
    [InlineData("file:///etc/passwd", null, "http://")]
    [InlineData("http://localhost/x", "abc", "64 hexadecimal digits")]
    public async Task Wrong_addresses_and_checksums_are_refused(string url, string? sha256, string fault)
    {
        string error = (await Assert.ThrowsAsync<InputException>(() => Download().RunAsync(new Uri(url), Target, sha256))).Message;
        Assert.Contains(fault, error, StringComparison.Ordinal);
    }

    private static LoopbackServer.Answer Status(int status) => new(status, [], []);

    private FileDownload Download(int attempts = 5, long maxBytes = long.MaxValue) =>
        new(_client, TimeProvider.System) { MaxAttempts = attempts, Pause = TimeSpan.Zero, MaxBytes = maxBytes };

    private static string Mark(string target) => DownloadMark.TryRead(target + ".part.json")!.Url;

    private sealed class Collected(List<DownloadRetry> retries) : IProgress<DownloadRetry>
    {
        public void Report(DownloadRetry value) => retries.Add(value);
    }

    private sealed class Last : IProgress<DownloadProgress>
    {
        public DownloadProgress Value { get; private set; }

        public void Report(DownloadProgress value) => Value = value;
    }

    private sealed class Stopper(CancellationTokenSource stop) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => stop.Cancel();
    }
}
