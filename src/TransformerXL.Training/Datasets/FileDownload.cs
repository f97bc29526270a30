using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using TransformerXL.Files;

namespace TransformerXL.Training.Datasets;

/// <summary>
/// Downloads a file by HTTP. Received bytes stay in a file <c>.part</c> beside the target and the download is resumed (RFC 9110, Range and
/// If-Range) after a connection failure, a stop or a restart, if the server still has the same version.
/// </summary>
/// <param name="client">The client; its timeout must not apply to the whole download.</param>
/// <param name="clock">Measures the speed and the pauses.</param>
internal sealed class FileDownload(HttpClient client, TimeProvider clock)
{
    private const int BufferBytes = 1 << 17;

    /// <summary>An attempt that receives at least this number of bytes counts as progress.</summary>
    private const long MinGain = 1 << 16;

    /// <summary>Maximum total number of attempts, as a multiple of <see cref="MaxAttempts"/>, for servers that keep closing the connection.</summary>
    private const int MaxRounds = 10;

    /// <summary>Maximum number of consecutive attempts without progress.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>The maximum size of the file in bytes. A larger file is rejected and deleted as soon as its size is known.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <summary>Pause after the first failed attempt; it doubles with each further one.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A connection that receives nothing for this time is treated as failed.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Called before the pause after each attempt that failed and is repeated.</summary>
    public IProgress<DownloadRetry>? Retries { get; init; }

    /// <summary>Downloads a file, or the missing rest of it.</summary>
    /// <param name="url">An address of the scheme http or https.</param>
    /// <param name="path">The file to write; it appears when it is complete.</param>
    /// <param name="sha256">The SHA-256 that it must have, in hexadecimal; null for any.</param>
    /// <param name="progress">Called after every chunk.</param>
    /// <param name="cancellationToken">Stops the download; the partial file stays.</param>
    /// <exception cref="InputException">The server refuses, the connection keeps breaking, the file is too large or has another checksum.</exception>
    /// <exception cref="OperationCanceledException">The download was stopped.</exception>
    public async Task RunAsync(Uri url, string path, string? sha256 = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentException.ThrowIfNullOrEmpty(path);
        Require.Path(path);
        Require.That(IsWeb(url), $"'{url}' is not an address that begins with http:// or https://");
        Require.That(sha256 is null || (sha256.Length == 64 && sha256.All(char.IsAsciiHexDigit)), $"SHA-256 '{sha256}' is not 64 hexadecimal digits");
        string part = path + ".part";
        long longest = LengthOf(part);
        for (int failed = 0, attempts = 1; ; attempts++)
        {
            try
            {
                await Attempt(url, part, progress, cancellationToken).ConfigureAwait(false);
                break;
            }
            catch (Exception exception) when (IsTransient(exception, cancellationToken))
            {
                // If the file changes with each request, every attempt starts from zero; only a longer partial file than before counts as progress.
                bool gained = LengthOf(part) >= longest + MinGain;
                failed = gained ? 1 : failed + 1;
                longest = Math.Max(longest, LengthOf(part));
                if (failed >= MaxAttempts || attempts >= MaxRounds * MaxAttempts)
                {
                    string kept = LengthOf(part) is > 0 and var bytes ? $"; the same command continues after {bytes} bytes" : "";
                    throw new InputException($"{url} could not be fetched in {attempts} attempts: {exception.Message}{kept}", exception);
                }

                TimeSpan pause = Pause * Math.Pow(2, failed - 1);
                Retries?.Report(new DownloadRetry(exception.Message, failed + 1, MaxAttempts, pause));
                await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
            }
        }

        if (sha256 is not null)
        {
            await VerifyAsync(part, sha256, cancellationToken).ConfigureAwait(false);
        }

        File.Move(part, path, overwrite: true);
        File.Delete(MarkOf(part));
    }

    private async Task Attempt(Uri url, string part, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        long have = LengthOf(part);
        DownloadMark? mark = have > 0 ? DownloadMark.TryRead(MarkOf(part)) : null;
        mark = mark?.Url == url.AbsoluteUri ? mark : null;
        if (mark?.Length == have)
        {
            return;
        }

        using HttpRequestMessage request = new(HttpMethod.Get, url);
        if (mark is not null)
        {
            request.Headers.Range = new RangeHeaderValue(have, null);
            request.Headers.TryAddWithoutValidation("If-Range", mark.Validator);
        }

        using HttpResponseMessage response = await Send(url, request, cancellationToken).ConfigureAwait(false);
        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        bool continues = mark is not null && response.StatusCode == HttpStatusCode.PartialContent && range?.From == have && range.Length == mark.Length;
        if (!continues && response.StatusCode is HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // The partial file does not belong to the server's version: the next attempt starts from zero.
            File.Delete(MarkOf(part));
            throw new HttpRequestException("the server does not resume at the end of the partial file");
        }

        RequireSuccess(url, response);
        long? total = continues ? mark!.Length : response.Content.Headers.ContentLength;
        RequireBound(url, part, total ?? 0);
        if (!continues)
        {
            Begin(url, part, response, total);
        }

        await Receive(url, response, part, continues ? have : 0, total, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Records the version of the partial file. Weak entity tags do not identify bytes, so they are not used.</summary>
    private static void Begin(Uri url, string part, HttpResponseMessage response, long? total)
    {
        File.Delete(MarkOf(part));
        File.WriteAllBytes(part, []);
        string? validator = response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : response.Content.Headers.LastModified?.ToString("r");
        if (validator is not null && total is not null)
        {
            new DownloadMark(url.AbsoluteUri, validator, total).Write(MarkOf(part));
        }
    }

    private async Task<HttpResponseMessage> Send(Uri url, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or UriFormatException || !IsWeb(request.RequestUri))
        {
            // If the client follows redirects itself, a redirect to ftp: or file: gives an exception that depends on its handler.
            throw new InputException($"{url} cannot be fetched: the server redirects to '{request.RequestUri}', which does not begin with http:// or https://", exception);
        }
    }

    private void RequireBound(Uri url, string part, long length)
    {
        if (length > MaxBytes)
        {
            File.Delete(part);
            File.Delete(MarkOf(part));
            throw new InputException($"{url} is not the expected file: it has {length} bytes or more, but at most {MaxBytes} are expected; the download was deleted");
        }
    }

    private async Task Receive(Uri url, HttpResponseMessage response, string part, long have, long? total, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        long begin = clock.GetTimestamp(), first = have;
        byte[] buffer = new byte[BufferBytes];
        using Stream source = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using FileStream target = new(part, FileMode.Append, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 1);
        int read;
        while ((read = await Read(source, buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            have += read;
            RequireBound(url, part, have);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            double seconds = clock.GetElapsedTime(begin).TotalSeconds;
            progress?.Report(new DownloadProgress(have, total, seconds > 0 ? (total - have) / ((have - first) / seconds) : null));
        }

        DiskFlush.File(target);
        if (total is not null && have != total)
        {
            throw new HttpRequestException($"{have} of {total} bytes came");
        }
    }

    /// <summary>Reads some bytes; an exception here is a failure of the network, not of the disk.</summary>
    private async Task<int> Read(Stream source, byte[] buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await source.ReadAsync(buffer, either.Token).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new HttpRequestException(exception.Message, exception);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"nothing was received for {Patience.TotalSeconds} seconds");
        }
    }

    /// <summary>Checks the downloaded file, and deletes it if the checksum differs.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sha256">The SHA-256 that it must have, in hexadecimal.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">It has another one.</exception>
    public static async Task VerifyAsync(string path, string sha256, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sha256);
        string actual;
        using (FileStream stream = File.OpenRead(path))
        {
            actual = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        }

        if (!actual.Equals(sha256, StringComparison.OrdinalIgnoreCase))
        {
            File.Delete(path);
            File.Delete(MarkOf(path));
            throw new InputException($"the downloaded file has the SHA-256 {actual}, but {sha256.ToLowerInvariant()} is expected; it was deleted");
        }
    }

    private static void RequireSuccess(Uri url, HttpResponseMessage response)
    {
        int status = (int)response.StatusCode;
        if (status is >= 500 or 408 or 429)
        {
            throw new HttpRequestException($"the server answers {status} ({response.ReasonPhrase})");
        }

        Require.That(response.StatusCode == HttpStatusCode.OK || response.StatusCode == HttpStatusCode.PartialContent, $"{url} cannot be fetched: the server answers {status} ({response.ReasonPhrase})");
    }

    // A timeout of the client also throws a cancellation, but not with our token.
    private static bool IsTransient(Exception exception, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested && exception is HttpRequestException or OperationCanceledException { InnerException: TimeoutException };

    private static bool IsWeb(Uri? url) => url is { IsAbsoluteUri: true } && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);

    private static string MarkOf(string part) => part + ".json";

    private static long LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;
}
