/**
 * What of ksqlDB's public function API a function names, in our own words: names, parameters, defaults and retention as
 * the "User-defined functions" pages of docs.ksqldb.io have them, of ksqlDB 7.9 and 8.x alike. To compile against, never
 * to run with in a server: there the server's own classes of these names count, and no packed jar holds these.
 */
package io.confluent.ksql;
